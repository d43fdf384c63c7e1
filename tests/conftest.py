"""The application on a real database, emptied for each test by copying a migrated template.

A test module marked `pytestmark = pytest.mark.both_databases` runs on SQLite and on PostgreSQL.
The tests of the core run without any plugin and those of a plugin with it alone, so that each is
known to work so; the tests of the house, and those marked `whole`, run with all that are installed.
"""

import contextvars
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from core import create_app
from core.data import migrations
from core.data.access import Access
from core.data.bulk import BECAUSE
from core.data.db import db
from tests import make

pytest_plugins = ["tests.servers", "tests.demonstration"]
settings.register_profile("amagara", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
settings.load_profile("amagara")
TESTS = Path(__file__).parent
INSTALLED = {entry.name for entry in entry_points(group="amagara.plugins")}
SECRETS = {"SECRET_KEY": "only for tests", "AUDIT_KEY": "only for tests, but long enough for them"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first: a run ends when its last test does, and two workers end together."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("slow", "browser"))))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run data-bearing tests on both databases, all others on SQLite."""
    if "engine" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        postgresql = pytest.param("postgresql", marks=pytest.mark.postgres)
        metafunc.parametrize("engine", ["sqlite", postgresql] if both else ["sqlite"], scope="session")


@pytest.fixture(autouse=True)
def switched_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Return which plugins this test switches on, by comma, and let its processes know: None for all."""
    room = request.node.path.relative_to(TESTS).parts[0]
    names = "" if room == "core" else room if room in INSTALLED else None
    if names is None or request.node.get_closest_marker("whole"):
        monkeypatch.delenv("AMAGARA_PLUGINS", raising=False)
        return None
    monkeypatch.setenv("AMAGARA_PLUGINS", names)
    return names


class Browser(FlaskClient):
    """A browser without JavaScript, whose requests share neither `g` nor session with the test."""

    def open(self, *args: Any, **options: Any) -> Any:
        """Return the answer; what the test has loaded is read anew afterwards."""
        answer = contextvars.Context().run(super().open, *args, **options)
        if has_app_context():
            db.session.rollback()
        return answer


def build(url: str, folder: Path, **settings: Any) -> Flask:
    """Return an application on a database of its own."""
    app = create_app(
        {
            **SECRETS,
            "TESTING": True,
            "WTF_CSRF_ENABLED": False,
            "API_PER_MINUTE": 100_000,
            "INSTANCE": folder,
            "KEYS": folder,
            "SQLALCHEMY_DATABASE_URI": url,
            **settings,
        }
    )
    app.test_client_class = Browser
    return app


Prepared = tuple[Flask, Callable[[], None]]


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str, str | None], Prepared]:
    """Return a function that gives what `prepared` does, made once for an engine and a set of plugins."""

    @cache
    def get(engine: str, names: str | None) -> Prepared:
        folder = tmp_path_factory.mktemp(engine)
        if engine == "sqlite":
            return _sqlite(folder)
        return _postgresql(folder, request.getfixturevalue("postgres_url"), "all" if names is None else names)

    return get


@pytest.fixture
def prepared(engine: str, switched_on: str | None, made_once: Any) -> Iterator[Prepared]:
    """Yield (application, function that empties its database)."""
    app, empty = made_once(engine, switched_on)
    yield app, empty
    with app.app_context():
        db.engine.dispose()


def _sqlite(folder: Path) -> Prepared:
    template, path = folder / "template.db", folder / "test.db"
    _migrate(build(f"sqlite:///{template}", folder), "COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)")

    def empty() -> None:
        db.engine.dispose()
        for rest in folder.glob("test.db*"):
            rest.unlink()
        shutil.copy(template, path)

    return build(f"sqlite:///{path}", folder), empty


def _postgresql(folder: Path, server: str, names: str) -> Prepared:
    base, name = server.rsplit("/", 1)[0], f"t{os.getpid()}_{names}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}_template"))
    _migrate(build(f"{base}/{name}_template", folder))

    def empty() -> None:
        db.engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {name}_template"))

    return build(f"{base}/{name}", folder), empty


def _migrate(app: Flask, *afterwards: str) -> None:
    with app.app_context():
        migrations.upgrade()
        with db.engine.execution_options(**{BECAUSE: "a test"}).connect() as connection:
            for statement in afterwards:
                connection.exec_driver_sql(statement)
        db.engine.dispose()


@pytest.fixture
def app(prepared: Any) -> Iterator[Flask]:
    """Yield the application with an empty, migrated database; the test acts as the system."""
    app, empty = prepared
    with app.app_context():
        empty()
        app.extensions["amagara.notes"].waiting.queue.clear()
        app.extensions["amagara.limits"].counter.storage.reset()
        db.session().info["access"] = Access.system("test")
        yield app
        db.session.remove()


@pytest.fixture
def session(app: Flask) -> Any:
    """Return the database session."""
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without JavaScript; `make.sign_in(client, user)` signs in."""
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> make.World:
    """Return a small country: two provinces, districts, health centres, and a user of each role."""
    return make.world()
