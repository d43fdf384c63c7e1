"""Backups: a snapshot of the database with the files of its rows and a manifest of hashes and chain heads, sealed;
proved by restoring it.

Contents are named by their hash and lie there before any row names them, so those of the rows after the snapshot are
all that it may need.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from flask import current_app
from sqlalchemy import DDL, URL, Connection, create_engine, inspect, make_url, select, text

from core.config import weak
from core.contract.words import _
from core.data import audit
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.trail import AuditEntry, AuditHead
from core.files import services as files
from core.files import store
from core.files.models import File
from core.upkeep.sealed import Opening, Sealing

DATABASE, MANIFEST, FILES = "database", "manifest.json", "files/"


def make(target: Path) -> dict[str, Any]:
    """Write the backup to a file that is not there yet, and return its manifest."""
    secret = _secret()
    with _private_folder(target.parent) as folder:
        _snapshot(snapshot := folder / DATABASE)
        named = sorted(_named())
        lacking = [name for name in named if not store.has(name)]
        manifest = {
            "made_at": utcnow().isoformat(), "kind": db.engine.dialect.name, "size": snapshot.stat().st_size,
            "sha256": _hash(snapshot), "heads": _heads(), "files": named, "lacking": lacking,
        }  # fmt: skip
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
        draft = folder / "sealed"
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            sealing: Any = Sealing(file, secret)
            with tarfile.open(fileobj=sealing, mode="w|gz") as archive:
                for name in (MANIFEST, DATABASE):
                    archive.add(folder / name, name)
                for name in sorted(set(named) - set(lacking)):
                    archive.add(store.path_of(name), FILES + name)
            sealing.close()
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, target)  # whole or not at all, and never over another
        except FileExistsError:
            raise Refused(_("There is a file already: %(file)s", file=target)) from None
    return manifest


def restore(source: Path, into: str | None) -> dict[str, Any]:
    """Return what a backup proved to hold; with `into` (a new file, or the address of an empty database) it is there.

    It is always restored and checked, line by line: with no `into` somewhere that is removed again. With it, its files
    lie among those of this installation, each under its hash: what was there stays.
    """
    with _private_folder(Path(tempfile.gettempdir())) as folder:
        manifest = _unpack(source, folder, into is not None)
        put = _into_sqlite if manifest["kind"] == "sqlite" else _into_postgresql
        with put(folder / DATABASE, into) as url:
            return _proof(url, manifest)


def _secret() -> str:
    secret: str = current_app.config["BACKUP_KEY"]
    if weak(secret):
        raise Refused(_("Set AMAGARA_BACKUP_KEY to 32 random bytes, and keep it away from this machine."))
    return secret


@contextmanager
def _private_folder(beside: Path) -> Iterator[Path]:
    """Yield a folder for this account alone (mode 0700), removed afterwards."""
    with tempfile.TemporaryDirectory(dir=beside, prefix=".amagara-") as name:
        yield Path(name)


def _snapshot(path: Path) -> None:
    """Copy the running database as it is at one moment."""
    url = db.engine.url
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    else:
        _run(url, "pg_dump", "--format=custom", f"--file={path}", "--no-owner", f"--dbname={_plain(url)}")


def _run(url: URL, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; the password is in its environment, not on its command line."""
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    try:
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise Refused(_("%(program)s is not on this machine.", program=program)) from None
    if done.returncode:
        raise Refused(_("%(program)s failed: %(said)s", program=program, said=done.stderr.strip()[-500:]))


def _plain(url: URL) -> str:
    """Return the address as PostgreSQL's own programs read it, without the password."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def _heads() -> dict[str, list[Any]]:
    query = select(AuditHead.stream, AuditHead.seq, AuditHead.mac)
    return {stream: [seq, mac] for stream, seq, mac in db.session.connection().execute(query)}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named() -> Iterator[str]:
    """Yield the contents that rows name."""
    for part in store.parts():
        yield from files.known(part)


def _unpack(source: Path, folder: Path, keep: bool) -> dict[str, Any]:
    """Return the manifest; the database lies in the folder, and is what the manifest says. Its files are counted, and
    those that are `lacking`; to `keep` them they are put among those of this installation."""
    found: set[str] = set()
    with source.open("rb") as file:
        opening: Any = Opening(file, _secret())
        try:
            with tarfile.open(fileobj=opening, mode="r|gz") as archive:
                for member in archive:
                    content = archive.extractfile(member) or io.BytesIO()
                    if member.name in (MANIFEST, DATABASE) and member.isfile():
                        with (folder / member.name).open("wb") as copy:
                            shutil.copyfileobj(content, copy)
                    elif _is_whole(name := member.name.removeprefix(FILES), content, keep):
                        found.add(name)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise Refused(_("The backup cannot be read: %(error)s", error=str(error))) from None
        opening.read()  # to its sealed end
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    if _hash(folder / DATABASE) != manifest["sha256"]:
        raise Refused(_("The database in the backup is not the one of its manifest."))
    manifest["lacking"] = sorted(set(manifest.setdefault("files", [])) - found)
    return manifest


def _is_whole(name: str, content: IO[bytes], keep: bool) -> bool:
    """Return whether a file of the backup is what its name says; one that was damaged before is not kept."""
    with store.coming() as folder:
        copy = folder / "copy"
        with copy.open("wb") as target:
            shutil.copyfileobj(content, target)
        whole = bool(store.NAME.fullmatch(name)) and store.digest(copy) == name
        if whole and keep:
            store.put(copy)
    return whole


@contextmanager
def _into_sqlite(database: Path, into: str | None) -> Iterator[URL]:
    yield URL.create("sqlite", database=str(database))
    if into is not None:
        target = Path(into.removeprefix("sqlite:///"))
        try:
            with target.open("xb") as file, database.open("rb") as proved:
                os.fchmod(file.fileno(), 0o600)
                while piece := proved.read(2**20):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise Refused(_("There is a file already: %(file)s", file=target)) from None


@contextmanager
def _into_postgresql(dump: Path, into: str | None) -> Iterator[URL]:
    """Yield the address of the restored database: the given one, which must be empty, or one that is dropped again."""
    own, name = db.engine.url, f"amagara_proof_{uuid4().hex[:12]}"
    server = create_engine(own, isolation_level="AUTOCOMMIT")
    url = make_url(into) if into else own.set(database=name)
    with server.connect() as connection:
        if not into:
            connection.execute(DDL("CREATE DATABASE %(name)s", context={"name": name}))  # type: ignore[no-untyped-call]
        try:
            _refuse_unless_empty(url)
            _run(url, "pg_restore", "--no-owner", "--single-transaction", f"--dbname={_plain(url)}", str(dump))
            yield url
        finally:
            if not into:
                connection.execute(DDL("DROP DATABASE %(name)s WITH (FORCE)", context={"name": name}))  # type: ignore[no-untyped-call]
    server.dispose()


def _refuse_unless_empty(url: URL) -> None:
    engine = create_engine(url)
    try:
        if inspect(engine).get_table_names():
            raise Refused(_("The database %(name)s is not empty. Restore into a new one.", name=url.database))
    finally:
        engine.dispose()


def _proof(url: URL, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what was proved of a restored database; Refused names what does not fit."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if url.get_backend_name() == "sqlite":
                said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
                if said != "ok":
                    raise Refused(_("The restored database is damaged: %(said)s", said=said))
            faults = [f"{fault.stream} {fault.seq}" for fault in audit.verify(connection)]
            faults += [stream for stream, end in manifest["heads"].items() if not _stands(connection, stream, *end)]
            lines = connection.execute(text("SELECT count(*) FROM core_audit")).scalar()
            named = set(connection.execute(select(File.sha256)).scalars()) if manifest["files"] else set()
    finally:
        engine.dispose()
    if faults:
        raise Refused(_("The audit trail of the backup does not fit: %(where)s", where=", ".join(faults[:10])))
    return {"made_at": manifest["made_at"], "kind": manifest["kind"], "size": manifest["size"], "lines": lines,
            "streams": len(manifest["heads"]), "files": len(manifest["files"]),
            "lacking": sorted({*manifest["lacking"], *(named - set(manifest["files"]))})}  # fmt: skip


def _stands(connection: Connection, stream: str, seq: int, mac: str) -> bool:
    query = select(AuditEntry.mac).where(AuditEntry.stream == stream, AuditEntry.seq == seq)
    return seq == 0 or connection.execute(query).scalar() == mac
