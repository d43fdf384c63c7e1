"""Programs for tests: a client that shows a token and no cookie."""

from datetime import timedelta
from typing import Any

from flask import Flask

from core.api.tokens import services
from core.contract.plugins import permissions
from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from core.users.accounts.models import User
from core.users.rights.access import access_of


class Program:
    """A program with a token."""

    def __init__(self, app: Flask, token: str, language: str = "en") -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}

    def get(self, path: str, **headers: str) -> Any:
        """Return the answer to a GET below /api/v1."""
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def do(self, path: str, body: Any = None, key: str = "", **headers: str) -> Any:
        """Return the answer to a POST below /api/v1."""
        more = {"Idempotency-Key": key} if key else {}
        return self.client.post(
            f"/api/v1/{path}", json={} if body is None else body, headers=self.headers | more | headers
        )

    def items(self, path: str) -> list[Any]:
        """Return the rows of a list."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json["items"]


def token(world: Any, login: str, *rights: str, place: str = "", days: int = 30, name: str = "Test") -> str:
    """Return a token of a person with some rights, all that he holds when none are named."""
    with unit_of_work(Access.system("test")):
        person = db.session.get(User, world.users[login])
        assert person is not None
        held = {right for right, _path in access_of(person, permissions()).grants}
        where = world[place] if place else None
        return services.make(person, name, rights or held, where, today() + timedelta(days=days))


def program(app: Flask, world: Any, login: str, *rights: str, language: str = "en", **options: Any) -> Program:
    """Return a program that acts for a person."""
    return Program(app, token(world, login, *rights, **options), language)
