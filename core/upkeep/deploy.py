"""Unsafe settings, each by name: what `amagara check --deploy` prints, and what stops production from serving."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.config import CannotStart, weak
from core.contract.ports import Words
from core.contract.words import _
from core.data.access import Access, acting
from core.data.bulk import beside
from core.data.db import db
from core.users import demo
from core.users.rights.models import Role


@dataclass(frozen=True)
class Finding:
    """One unsafe setting: its name, what to do, and whether production may serve with it."""

    name: Words
    message: Words
    grave: bool = False


def findings() -> list[Finding]:
    """Return what is unsafe here, the grave first."""
    with acting(Access.system("check")):
        found = [*_settings(current_app.config), *_files(current_app.config), *_database()]
    return sorted(found, key=lambda one: not one.grave)


def _settings(config: Mapping[str, Any]) -> Iterator[Finding]:
    for name in ("SECRET_KEY", "AUDIT_KEY"):
        if weak(config[name]):
            yield Finding(f"AMAGARA_{name}", _("The secret is short or easy to guess. Make 32 random bytes."), True)
    if config["DEBUG"]:
        yield Finding("FLASK_DEBUG", _("Debugging shows the program and its memory to everybody. Switch it off."), True)
    if not config["SECURE"]:
        yield Finding("AMAGARA_HTTPS", _("Cookies travel in the clear. Serve by HTTPS and set it to 1."))
    if not config["TRUSTED_HOSTS"]:
        yield Finding("AMAGARA_TRUSTED_HOSTS", _("Any host name is answered. Name those of this server."))
    if config["SMTP_TLS"] == "none" and config["SMTP_USER"]:
        words = _("The password of the mail server travels in the clear. Use starttls or tls.")
        yield Finding("AMAGARA_SMTP_TLS", words)
    if not config["ANCHORS"]:
        yield Finding("AMAGARA_ANCHORS", _("Anchors of the audit trail stay on this machine. Name a folder outside."))


def _files(config: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield keys that lie beside the database, and files that others on the machine may read."""
    instance, keys = Path(config["INSTANCE"]), Path(config["KEYS"])
    if keys == instance or instance in keys.parents:
        yield Finding(
            "AMAGARA_KEYS", _("The keys of the audit trail lie beside the database. Name a folder elsewhere.")
        )
    anchors = config["ANCHORS"]
    if anchors and instance in [Path(anchors), *Path(anchors).parents]:
        yield Finding("AMAGARA_ANCHORS", _("The anchors lie beside the database. Name a folder of another machine."))
    for path in [*sorted(keys.glob("*.key")), *sorted(instance.glob("*.db*"))]:
        if path.stat().st_mode & 0o077:
            yield Finding(str(path), _("Others on this machine may read it. Take their rights away: chmod 600."),
                          path.suffix == ".key")  # fmt: skip
    files = instance / "files"
    if files.is_dir() and files.stat().st_mode & 0o077:
        message = _("Others on this machine may read documents and photos. Take their rights away: chmod 700.")
        yield Finding(str(files), message)


def _database() -> Iterator[Finding]:
    try:
        if accounts := demo.accounts():
            logins = ", ".join(one["login"] for one in accounts)
            yield Finding(
                _("Demonstration"),
                _("Accounts with the password of the demonstration: %(logins)s. Close them.", logins=logins),
                True,
            )
        if not db.session.scalar(select(Role.id).where(Role.second_factor).limit(1)):
            yield Finding(
                _("Second factor"), _("No role asks for a second factor. Tick it in the role of administrators.")
            )
        if _is_superuser():
            message = _("The database role is a superuser: it passes every wall. Use an ordinary role.")
            yield Finding("AMAGARA_DATABASE_URL", message, True)
    except DBAPIError as error:
        db.session.rollback()
        message = _("The database does not answer: %(error)s", error=type(error.orig).__name__)
        yield Finding("AMAGARA_DATABASE_URL", message)


def refuse_foreign_database() -> None:
    """Raise CannotStart when revisions, tables or triggers are not those of this release; no answer is no refusal."""
    db.session.remove()
    db.engine.dispose()  # no connection crosses
    with ProcessPoolExecutor(1, get_context("fork")) as apart:  # Alembic, 11 MB, is needed for this alone
        found = apart.submit(_foreign).result()
    if found:
        message = _(
            "The database is not that of this release: %(what)s. Run “amagara db upgrade”; if that changes nothing, "
            "somebody has altered it.", what="; ".join(found[:5]),
        )  # fmt: skip
        raise CannotStart(str(message))


def _foreign() -> list[str]:
    """Return where the database is not that of this release; nothing when it does not answer."""
    from core.data import migrations

    try:
        return migrations.faults()
    except DBAPIError:
        return []  # it may come up later: pages say so until then


def _is_superuser() -> bool:
    if db.engine.dialect.name != "postgresql":
        return False
    query = beside(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "the role of the database")
    return bool(db.session.connection().execute(query).scalar())


def refuse_grave(app: Flask) -> None:
    """Raise CannotStart when a server would start on a foreign database, or production with a grave fault."""
    with app.app_context():
        production = app.config["PROFILE"] == "production"
        grave = [f"{one.name}: {one.message}" for one in findings() if one.grave] if production else []
        if grave:
            raise CannotStart("production is refused:\n" + "\n".join(grave))
        refuse_foreign_database()
