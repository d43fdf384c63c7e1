"""The application on a real database, emptied for each test by copying a migrated template.

A test module marked `pytestmark = pytest.mark.both_databases` runs on SQLite and on PostgreSQL.
"""

import contextvars
import os
import shutil
from collections.abc import Iterator
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
from core.data.db import db
from tests import make

pytest_plugins = ["tests.servers", "tests.demonstration"]
settings.register_profile("amagara", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
settings.load_profile("amagara")
SECRETS = {"SECRET_KEY": "only for tests", "AUDIT_KEY": "only for tests, but long enough for them"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run data-bearing tests on both databases, all others on SQLite."""
    if "engine" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        postgresql = pytest.param("postgresql", marks=pytest.mark.postgres)
        metafunc.parametrize("engine", ["sqlite", postgresql] if both else ["sqlite"], scope="session")


def plugins() -> list[str] | None:
    """Return the plugins of this run: AMAGARA_PLUGINS, or all that are installed."""
    wanted = os.environ.get("AMAGARA_PLUGINS")
    return None if wanted is None else [name for name in wanted.split(",") if name]


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
            "INSTANCE": folder,
            "KEYS": folder,
            "PLUGINS": plugins(),
            "SQLALCHEMY_DATABASE_URI": url,
            **settings,
        }
    )
    app.test_client_class = Browser
    return app


@pytest.fixture(scope="session")
def prepared(engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Yield (application, function that empties its database)."""
    folder = tmp_path_factory.mktemp(engine)
    prepare = _sqlite if engine == "sqlite" else _postgresql
    server = "" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    app, empty = prepare(folder, server)
    yield app, empty
    with app.app_context():
        db.engine.dispose()


def _sqlite(folder: Path, server: str) -> Any:
    template, path = folder / "template.db", folder / "test.db"
    template_app = build(f"sqlite:///{template}", folder)
    with template_app.app_context():
        migrations.upgrade()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()

    def empty() -> None:
        db.engine.dispose()
        for rest in folder.glob("test.db*"):
            rest.unlink()
        shutil.copy(template, path)

    return build(f"sqlite:///{path}", folder), empty


def _postgresql(folder: Path, server: str) -> Any:
    base, name = server.rsplit("/", 1)[0], f"t{os.getpid()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}_template"))
    template_app = build(f"{base}/{name}_template", folder)
    with template_app.app_context():
        migrations.upgrade()
        db.engine.dispose()

    def empty() -> None:
        db.engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {name}_template"))

    return build(f"{base}/{name}", folder), empty


@pytest.fixture
def app(prepared: Any) -> Iterator[Flask]:
    """Yield the application with an empty, migrated database; the test acts as the system."""
    app, empty = prepared
    with app.app_context():
        empty()
        app.extensions["amagara.notes"].waiting.queue.clear()
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
