"""Before real use: each unsafe setting is named, production refuses the grave ones, forged headers count nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from core import config
from core.cli import db_check
from core.data import migrations
from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.upkeep import deploy
from core.upkeep.cli import check
from core.users.demo import PASSWORD
from core.users.signin.models import LoginAttempt, LoginSession
from core.users.signin.passwords import HASHER
from tests import make
from tests.conftest import build
from tests.demonstration import AMAGARA
from tests.statements import sql

ROOT = Path(__file__).parents[2]
STRONG = {"SECRET_KEY": "kJ3-9sXq_TzR7bLm2VwYp0aHcE5dNfGu", "AUDIT_KEY": "Zx8Qm1-RtY5uIo3PaSd7FgHj_KlBv9Nc"}
SAFE = {**STRONG, "DEBUG": False, "SECURE": True, "TRUSTED_HOSTS": ["amagara.example.org"], "ANCHORS": "/mnt"}
pytestmark = pytest.mark.both_databases


INSIDE = object()  # a folder beside the database


def names(grave=None):
    return {str(one.name) for one in deploy.findings() if grave is None or one.grave is grave}


@pytest.fixture
def safe(app, world, monkeypatch, tmp_path):
    """Return an application in which nothing is unsafe but what a test plants."""
    for name, value in SAFE.items():
        if name != "AUDIT_KEY":  # the trail of the tests is sealed with theirs
            monkeypatch.setitem(app.config, name, value)
    monkeypatch.setitem(app.config, "KEYS", tmp_path / "keys")
    for path in app.config["INSTANCE"].glob("*.db*"):
        path.chmod(0o600)
    monkeypatch.setattr(deploy, "_is_superuser", lambda: False)
    with unit_of_work(Access.system("test")):
        db.session.scalars(select(deploy.Role).where(deploy.Role.code == "administrator")).one().second_factor = True
    return app


def test_nothing_is_said_of_a_safe_installation(safe):
    assert names() == set()


@pytest.mark.parametrize(
    "name, value, said, grave",
    [
        ("SECRET_KEY", "changeme", "AMAGARA_SECRET_KEY", True),
        ("AUDIT_KEY", "a" * 64, "AMAGARA_AUDIT_KEY", True),
        ("DEBUG", True, "FLASK_DEBUG", True),
        ("SECURE", False, "AMAGARA_HTTPS", False),
        ("TRUSTED_HOSTS", None, "AMAGARA_TRUSTED_HOSTS", False),
        ("ANCHORS", None, "AMAGARA_ANCHORS", False),
        ("KEYS", INSIDE, "AMAGARA_KEYS", False),
        ("ANCHORS", INSIDE, "AMAGARA_ANCHORS", False),
    ],
)
def test_each_planted_fault_is_named_and_the_grave_ones_stop_production(safe, monkeypatch, name, value, said, grave):
    monkeypatch.setitem(safe.config, name, safe.config["INSTANCE"] / "inside" if value is INSIDE else value)
    assert names(grave) == {said} and names(not grave) == set()
    deploy.refuse_grave(safe)  # embedded: a trial may run as it is
    monkeypatch.setitem(safe.config, "PROFILE", "production")
    if not grave:
        return deploy.refuse_grave(safe)
    with pytest.raises(RuntimeError, match=said):
        deploy.refuse_grave(safe)


def test_files_that_others_may_read_are_named(safe, tmp_path, monkeypatch):
    monkeypatch.setitem(safe.config, "INSTANCE", tmp_path / "instance")
    monkeypatch.setitem(safe.config, "KEYS", keys := tmp_path / "keys")
    files = keys / "checkpoint.key", keys / "audit.key", tmp_path / "instance" / "a.db"
    for path, mode in zip(files, (0o640, 0o600, 0o644), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.touch()
        path.chmod(mode)
    assert names(True) == {str(files[0])} and names(False) == {str(files[2])}


def test_in_production_keys_and_anchors_lie_away_from_the_database(tmp_path):
    made = config.from_environment({"AMAGARA_INSTANCE": str(tmp_path / "a"), "AMAGARA_PROFILE": "production"})
    assert made["KEYS"] == tmp_path / "a-keys" and made["INSTANCE"] not in made["KEYS"].parents
    chosen = config.from_environment({"AMAGARA_INSTANCE": str(tmp_path / "a"), "AMAGARA_KEYS": str(tmp_path / "b")})
    assert (tmp_path / "b" / "audit.key").stat().st_mode & 0o777 == 0o600 and chosen["KEYS"] == tmp_path / "b"


def test_accounts_of_the_demonstration_stop_production(safe, monkeypatch):
    with unit_of_work(Access.system("test")):
        world_admin = db.session.scalars(select(deploy.demo.User).where(deploy.demo.User.login == "admin")).one()
        world_admin.password_hash = HASHER.hash(PASSWORD)
    assert names(True) == {"Démonstration"}
    monkeypatch.setitem(safe.config, "PROFILE", "production")
    with pytest.raises(RuntimeError, match="admin"):
        deploy.refuse_grave(safe)


def test_roles_without_a_second_factor_are_named(safe):
    with unit_of_work(Access.system("test")):
        for role in db.session.scalars(select(deploy.Role)):
            role.second_factor = False
    assert names() == {"Second facteur"}


def test_a_superuser_of_the_database_is_asked_for(app, engine):
    with app.app_context():
        known = bool(db.session.execute(sql("SELECT 1")).scalar())
        assert known and deploy._is_superuser() is (engine == "postgresql" and _am_superuser())


def _am_superuser() -> bool:
    return db.session.execute(sql("SHOW is_superuser")).scalar() == "on"


def test_the_command_reports_and_fails_on_grave_faults(app, world):
    done = app.test_cli_runner().invoke(check, ["--deploy", "--format", "json"])
    assert done.exit_code == 1, "the tests' secrets are short"
    assert {"AMAGARA_SECRET_KEY", "AMAGARA_ANCHORS"} <= {one["name"] for one in json.loads(done.output)["findings"]}
    text = app.test_cli_runner().invoke(check, ["--deploy"]).output
    assert "GRAVE  AMAGARA_SECRET_KEY" in text and "check  AMAGARA_ANCHORS" in text


@pytest.mark.slow
@pytest.mark.parametrize("door", ["wsgi", "celery_app"])
@pytest.mark.parametrize("secret, stopped", [("changeme", True), (STRONG["SECRET_KEY"], False)])
def test_the_doors_of_production_stay_shut(tmp_path, door, secret, stopped):
    settings = {
        "PROFILE": "production",
        "SECRET_KEY": secret,
        "AUDIT_KEY": STRONG["AUDIT_KEY"],
        "INSTANCE": str(tmp_path),
    }
    environment = os.environ | {f"AMAGARA_{name}": value for name, value in settings.items()}
    if not stopped:
        subprocess.run([*AMAGARA, "db", "upgrade"], env=environment, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", f"import {door}"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ("AMAGARA_SECRET_KEY" in done.stderr and done.returncode == 1) is stopped, done.stderr[-2000:]
    assert (done.returncode == 0) is not stopped


def test_in_a_folder_without_a_house_none_is_made_by_accident(tmp_path):
    """Whoever types in the wrong folder is told so, instead of looking at an empty house; to upgrade makes one."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AMAGARA_")}
    environment = ours | {"PYTHONPATH": str(ROOT), "AMAGARA_PLUGINS": ""}

    def amagara(*words):
        return subprocess.run([*AMAGARA, *words], cwd=tmp_path, env=environment, capture_output=True, text=True)

    for words in (["plugin", "list"], ["user", "list"], ["run"]):
        refused = amagara(*words)
        assert refused.returncode == 1 and f"no house in {tmp_path}" in refused.stderr, refused.stderr
        assert "Traceback" not in refused.stderr and list(tmp_path.iterdir()) == []
    assert "no house" in amagara("--help").stderr and list(tmp_path.iterdir()) == []
    assert amagara("db", "upgrade").returncode == 0
    assert "core" in amagara("plugin", "list").stdout


def test_the_secrets_that_amagara_makes_are_not_weak(tmp_path):
    made = config.from_environment({"AMAGARA_INSTANCE": str(tmp_path)})
    assert not config.weak(made["SECRET_KEY"]) and not config.weak(made["AUDIT_KEY"])


@pytest.mark.parametrize(
    "hops, sent, seen",
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
    ],
)
def test_the_callers_address_is_what_our_proxies_say_and_no_more(app, world, tmp_path, hops, sent, seen):
    behind = build(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, PROXIES=hops).test_client()
    headers = {"X-Forwarded-For": sent, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    behind.post("/sign-in", data={"login": "admin", "password": "wrong"}, headers=headers)
    answer = behind.post("/sign-in", data={"login": "admin", "password": make.PASSWORD}, headers=headers)
    assert "evil" not in answer.headers["Location"]
    assert ("Strict-Transport-Security" in answer.headers) is bool(hops)
    assert db.session.scalars(select(LoginSession.address)).all() == [seen]
    behind.post("/sign-in", data={"login": "auditor", "password": "wrong"}, headers=headers)
    assert db.session.scalars(select(LoginAttempt.address)).all() == [seen]


def test_a_database_of_another_release_or_without_its_triggers_is_not_served(app, world, engine):
    assert migrations.faults() == []
    deploy.refuse_grave(app)
    sqlite = engine == "sqlite"
    name = "core_audit_no_delete" if sqlite else "core_audit_append_only"
    for spoil, said in (
        ("ALTER TABLE core_user ADD COLUMN extra INTEGER", "extra"),
        (f"DROP TRIGGER {name}" + ("" if sqlite else " ON core_audit"), "trigger of core_audit"),
        ("DELETE FROM alembic_version WHERE version_num LIKE 'core%'", "revisions"),
    ):
        with unit_of_work(Access.system("thief")):
            db.session.execute(sql(spoil))
        assert said in "; ".join(migrations.faults()), spoil
        with pytest.raises(RuntimeError, match=said):
            deploy.refuse_grave(app)
    done = app.test_cli_runner().invoke(db_check)
    assert done.exit_code == 1 and "revisions" in done.output


def test_a_trigger_that_does_nothing_is_no_guard(app, world, engine):
    hollow = (
        [
            "DROP TRIGGER core_audit_no_delete",
            "CREATE TRIGGER core_audit_no_delete BEFORE DELETE ON core_audit BEGIN SELECT 1; END",
        ]
        if engine == "sqlite"
        else ["ALTER TABLE core_audit DISABLE TRIGGER core_audit_append_only"]
    )
    with unit_of_work(Access.system("thief")):
        for statement in hollow:
            db.session.execute(sql(statement))
    assert migrations.faults() == ["trigger of core_audit"]
