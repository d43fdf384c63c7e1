"""Backups: sealed, proved by restoring, and refused when one byte is another."""

import io
import random
import shutil

import pytest
from sqlalchemy import create_engine

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.upkeep import cli, sealed
from tests import servers
from tests.statements import sql

pytestmark = pytest.mark.both_databases
KEY = "kJ3-9sXq_TzR7bLm2VwYp0aHcE5dNfGu"


@pytest.fixture
def run(app, world, monkeypatch, engine):
    """Return a function that runs a command; an application with something to keep."""
    if engine == "postgresql" and shutil.which("pg_dump") is None:
        pytest.fail("pg_dump belongs to the PostgreSQL that the tests need")
    monkeypatch.setitem(app.config, "BACKUP_KEY", KEY)
    with unit_of_work(Access.system("test"), reason="été"):
        world["P1"].name = "Gitega d’avant"
    db.session.rollback()

    def command(name, *words):
        return app.test_cli_runner().invoke(getattr(cli, name), list(map(str, words)))

    return command


@pytest.fixture
def elsewhere(app, engine):
    """Return the address of an empty database of PostgreSQL; nothing on SQLite."""
    if engine == "sqlite":
        yield None
    else:
        with servers.database() as url:
            yield url


def test_a_backup_is_proved_by_restoring_it(run, tmp_path, world, engine, elsewhere):
    file = tmp_path / "night.backup"
    made = run("backup", file)
    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o077 == 0 and b"Gitega" not in file.read_bytes()
    proved = run("restore", file, "--verify", "--format", "json")
    assert proved.exit_code == 0 and '"whole": "yes"' in proved.output, proved.output
    assert list(tmp_path.iterdir()) == [file]
    assert run("backup", file).exit_code == 1, "nothing is written over"
    with unit_of_work(Access.system("test")):
        world["P1"].name = "Gitega d’après"
    there = tmp_path / "again.db" if engine == "sqlite" else elsewhere
    assert run("restore", file, "--into", there).exit_code == 0
    with create_engine(f"sqlite:///{there}" if engine == "sqlite" else there).connect() as connection:
        assert connection.execute(sql("SELECT name FROM core_facility WHERE code = 'P1'")).scalar() == "Gitega d’avant"
    again = run("restore", file, "--into", there)
    assert again.exit_code == 1 and "pg_restore" not in again.output, "nothing is written over"
    if engine == "sqlite":
        assert there.stat().st_mode & 0o777 == 0o600


def test_one_flipped_byte_or_another_key_is_refused(run, app, tmp_path, monkeypatch):
    file, bad = tmp_path / "a.backup", tmp_path / "b.backup"
    assert run("backup", file).exit_code == 0
    whole = file.read_bytes()
    places = [0, 20, len(sealed.MAGIC) + sealed.SALT, len(whole) - 1, *random.sample(range(len(whole)), 8)]
    for place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused = run("restore", bad, "--verify")
        assert refused.exit_code == 1 and "whole" not in refused.output, place
    for wrong in (whole[:-1], whole + b"x", whole[: len(whole) // 2], b""):
        bad.write_bytes(wrong)
        assert run("restore", bad, "--verify").exit_code == 1, len(wrong)
    monkeypatch.setitem(app.config, "BACKUP_KEY", KEY[::-1])
    assert run("restore", file, "--verify").exit_code == 1
    monkeypatch.setitem(app.config, "BACKUP_KEY", "short")
    assert "AMAGARA_BACKUP_KEY" in run("backup", tmp_path / "c.backup").output


def test_a_backup_of_a_trail_that_was_altered_is_not_called_whole(run, tmp_path, engine):
    from tests.core.test_audit_tampering import drop_guards

    with unit_of_work(Access.system("thief")):
        drop_guards("core_audit")
        db.session.execute(sql("UPDATE core_audit SET action = 'nothing' WHERE stream = 'core' AND seq = 2"))
    file = tmp_path / "a.backup"
    assert run("backup", file).exit_code == 0
    refused = run("restore", file, "--verify")
    assert refused.exit_code == 1 and "core 2" in refused.output


def test_documents_and_photos_are_backed_up_proved_and_had_back(
    run, app, tmp_path, world, engine, elsewhere, monkeypatch
):
    from core.files import services, store, taking
    from tests.core.test_files import PDF, picture

    here, there = tmp_path / "here", tmp_path / "there"
    monkeypatch.setitem(app.config, "INSTANCE", here)
    contents = [taking.take(io.BytesIO(content), "a.jpg") for content in (PDF, picture(), picture("PNG"))]
    stray = taking.take(io.BytesIO(PDF + b"%%EOF"), "b.pdf")
    with unit_of_work(Access.system("test")):
        rows = services.attach(world["P1"], contents)
        services.remove(rows[0].id, "kept all the same")
    file = tmp_path / "night.backup"
    assert '"files": 3' in run("backup", file, "--format", "json").output
    monkeypatch.setitem(app.config, "INSTANCE", there)
    proved = run("restore", file, "--verify", "--format", "json")
    assert proved.exit_code == 0 and '"files": 3' in proved.output and '"lacking": []' in proved.output
    assert not [path for path in there.rglob("*") if store.NAME.fullmatch(path.name)], "proved, and nothing left"
    into = tmp_path / "again.db" if engine == "sqlite" else elsewhere
    assert run("restore", file, "--into", into).exit_code == 0
    for content in contents:
        assert store.digest(store.path_of(content.sha256)) == content.sha256
    assert not store.has(stray.sha256), "what nothing names is left out"
    assert services.verify().whole == 3


def test_a_file_that_was_lost_or_damaged_before_is_named_and_holds_nothing_up(
    run, app, tmp_path, world, engine, elsewhere, monkeypatch
):
    from core.files import services, store, taking
    from tests.core.test_files import PDF, picture

    here, there = tmp_path / "here", tmp_path / "there"
    monkeypatch.setitem(app.config, "INSTANCE", here)
    lost, bad, good = (taking.take(io.BytesIO(content), "a") for content in (PDF, picture(), picture("PNG")))
    with unit_of_work(Access.system("test")):
        services.attach(world["P1"], [lost, bad, good])
    store.path_of(lost.sha256).unlink()
    store.path_of(bad.sha256).write_bytes(b"x")
    file = tmp_path / "a.backup"
    assert run("backup", file).exit_code == 0
    proved = run("restore", file, "--verify")
    assert proved.exit_code == 1 and "whole: no" in proved.output
    assert lost.sha256 in proved.output and bad.sha256 in proved.output and good.sha256 not in proved.output
    monkeypatch.setitem(app.config, "INSTANCE", there)
    restored = run("restore", file, "--into", tmp_path / "again.db" if engine == "sqlite" else elsewhere)
    assert restored.exit_code == 0 and "lacking: 2" in restored.output
    assert store.has(good.sha256) and not store.has(bad.sha256)
