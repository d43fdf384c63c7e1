"""Cookies: for this host alone, out of reach of scripts, and bound to HTTPS where people come by it."""

from flask import current_app, request
from werkzeug.wrappers import Response

from core.web import sending


def _name(name: str) -> str:
    """Return the name as it is sent: browsers take `__Host-` only from this host and over HTTPS."""
    return f"__Host-{name}" if current_app.config["SECURE"] else name


def read(name: str) -> str:
    """Return what this browser keeps under a name, or nothing; of a program no cookie is read."""
    return "" if sending.by_token() else request.cookies.get(_name(name), "")


def keep(answer: Response, name: str, value: str, seconds: int) -> None:
    """Let the browser keep a value for so long."""
    secure = current_app.config["SECURE"]
    answer.set_cookie(_name(name), value, max_age=seconds, secure=secure, httponly=True, samesite="Lax")


def drop(answer: Response, name: str) -> None:
    """Let the browser forget a value."""
    answer.delete_cookie(_name(name), secure=current_app.config["SECURE"], httponly=True, samesite="Lax")
