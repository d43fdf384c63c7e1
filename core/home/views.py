"""The first page after sign-in, and the heartbeat of the network sign."""

from typing import Any

from flask import Blueprint, jsonify

from core.web.pages import page, public, signed_in

bp = Blueprint("home", __name__)


@bp.get("/")
@signed_in
def home() -> Any:
    """Show what waits, the figures, plots and map of the place."""
    return page("home/home.html")


@bp.get("/api/pulse")
@public
def pulse() -> Any:
    """Answer that the server is there."""
    return jsonify(ok=True)
