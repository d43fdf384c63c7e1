"""What programs are answered: rows, verbs and facts of every entity, by tokens, under /api/v1."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Know programs by their tokens, and count how often they ask."""
    from core.api.tokens import bearer, services

    app.json.sort_keys = False  # type: ignore[attr-defined]  # what names a row comes first
    app.extensions["amagara.by_token"] = bearer.know
    app.extensions["amagara.access_for"] = services.access_for
