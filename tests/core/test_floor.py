"""The floor under everything: the write door, rights below the views, audit, numbers, states."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import (
    DDL,
    column,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    or_,
    select,
    table,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core.contract.series import NumberSeries
from core.data import audit, numbers, states
from core.data.access import NOBODY, Access, At, Everyone, Place, acting
from core.data.bulk import pour, poured_into, read_beside
from core.data.db import db
from core.data.errors import Conflict, NotAllowed
from core.data.judging import Unguarded
from core.data.numbers import ClosedYear
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility, FacilityCode
from core.users.accounts.models import User
from core.users.rights.models import Grant, Role
from tests import make
from tests.statements import spoiling, sql

pytestmark = pytest.mark.both_databases
DAY = date(2026, 11, 30)
BL = NumberSeries("core.note", "Notes", "BL")


@pytest.fixture(autouse=True)
def numbered(app, monkeypatch):
    """Declare numbers, as a plugin does."""
    monkeypatch.setitem(app.extensions["amagara.numbers"], BL.name, BL)


def test_rows_are_written_only_through_the_door(app, world):
    db.session.add(Role(code="x", label_en="x", label_fr="x"))
    with pytest.raises(RuntimeError, match="unit_of_work"):
        db.session.flush()
    db.session.rollback()


def test_nobody_reads_a_scoped_row_without_an_access(app, world):
    db.session().info["access"] = None
    with pytest.raises(NotAllowed):
        db.session.scalars(select(User)).all()


@pytest.mark.parametrize("kind", [lambda **write: At(read="core.user.view", **write), Everyone, Place])
def test_a_scope_says_who_writes(kind, app, world):
    """Readers wrote where no right to write was named."""
    with pytest.raises(TypeError):
        kind()
    obj = db.session.scalars(select(User if kind not in (Everyone, Place) else Facility)).first()
    assert not kind(write=NOBODY).may_write(obj, Access(None, "x", (("core.user.view", "/"),)))


def test_a_key_runs_once_and_answers_twice(app, world):
    runs = []

    def operation():
        runs.append(1)
        return {"number": numbers.next_number(BL, on=DAY)}

    first = perform(operation, key="k", body="a")
    assert perform(operation, key="k", body="a") == first == {"number": "BL-2026-00001"}
    assert len(runs) == 1
    with pytest.raises(Conflict):
        perform(operation, key="k", body="b")


def test_a_key_of_another_person_is_another_key(app, world):
    """Whoever guesses or repeats a key does not get another's answer, and his own work is done."""
    for login, number in (("admin", "BL-2026-00001"), ("auditor", "BL-2026-00002"), ("admin", "BL-2026-00001")):
        with acting(world.access(login)):
            assert perform(lambda: numbers.next_number(BL, on=DAY), key="k", body="a") == number


def test_the_streams_of_an_act_are_written_in_one_order(app, world):
    """Two acts over the same places would else each wait for the other's."""
    heads = []

    def note(connection, cursor, statement, parameters, *rest):
        if statement.startswith("INSERT INTO core_audit ("):
            heads.append((parameters[0] if many(parameters) else parameters)[0])

    def many(parameters):
        return isinstance(parameters[0], tuple)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for places in (("P2", "P1", "P1A"), ("P1A", "P2", "P1")):
            with unit_of_work(Access.system("test")):
                for place in places:
                    world[place].phone = f"{len(heads)}"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(heads) == 6 and heads[:3] == sorted(heads[:3]) == heads[3:]


def test_one_key_sent_many_times_at_once_runs_once(app, world):
    barrier = threading.Barrier(8)

    def send(_n):
        with app.app_context(), acting(Access.system("test")):
            barrier.wait()
            return perform(lambda: numbers.next_number(BL, on=DAY), key="same", body="")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {"BL-2026-00001"}


def test_numbers_have_no_gap_though_a_third_is_rolled_back(app, world):
    def take(n):
        with app.app_context(), acting(Access.system("test")):
            try:
                return perform(lambda: fail_every_third(n))
            except ZeroDivisionError:
                return None

    def fail_every_third(n):
        number = numbers.next_number(BL, on=DAY)
        return number if n % 3 else number[1 // 0]

    with ThreadPoolExecutor(8) as pool:
        given = sorted(number for number in pool.map(take, range(60)) if number)
    assert given == [f"BL-2026-{n:05d}" for n in range(1, len(given) + 1)] and len(given) == 40


def test_random_grants_read_and_write_as_brute_force_says(app, world, request):
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    facilities = list(db.session.scalars(select(Facility)))
    with unit_of_work(Access.system("test")):
        people = [make.user(f"u{n}", rng.choice(facilities)) for n in range(20)]
        rows = [(person.id, person.facility_id, person.facility.path) for person in people]
    places = [(place.id, place.path) for place in facilities]
    for _round in range(12):
        chosen = [path for _id, path in rng.sample(places, rng.randint(0, 3))]
        grants = tuple(("core.user.view", path) for path in chosen) + tuple(
            ("core.user.edit", path) for path in chosen[:1]
        )
        access = Access(99999, "tester", grants)
        allowed = {id_ for id_, _place, path in rows if any(path.startswith(each) for each in chosen)}
        with acting(access):
            seen = set(db.session.scalars(select(User.id).where(User.login.like("u%"))))
            counted = set(db.session.scalars(select(User.login).join(Grant))) & {"admin", "auditor"}
        assert seen == allowed, f"seed {seed}"
        assert counted == (
            {"admin", "auditor"} if "/1/" in {path[:3] for path in chosen if path.count("/") == 2} else set()
        )
        for id_, _place, path in rng.sample(rows, 4):
            may = any(path.startswith(each) for each in chosen[:1])
            assert _may_rename(access, id_) == may, f"seed {seed}"


def _may_rename(access: Access, user_id: int) -> bool:
    try:
        with unit_of_work(Access.system("load")):
            row = db.session.get(User, user_id)
            with acting(access):
                row.name = row.name + "x"
                db.session.flush()
    except NotAllowed:
        return False
    return True


def test_a_joined_or_aliased_scoped_table_is_filtered_too(app, world):
    with acting(Access(99999, "x", (("core.user.view", world["P1"].path),))):
        assert db.session.scalars(select(Role.code).join(Grant).join(User)).all() == []


def test_an_alias_of_a_scoped_table_is_filtered_too(app, world):
    with unit_of_work(Access.system("test")):
        make.user("un", world["P1"], "auditor"), make.user("deux", world["P1A"], "auditor")
    other = aliased(User)
    with acting(Access(99999, "x", (("core.user.view", world["P1"].path),))):
        seen = set(db.session.scalars(select(User.login)))
        pairs = db.session.execute(select(User.login, other.login).join(other, other.id != User.id)).all()
        assert set(db.session.scalars(select(other.login))) == seen
        assert seen == {"un", "deux"}
        assert {tuple(pair) for pair in pairs} == {(one, two) for one in seen for two in seen if one != two}


def test_a_line_of_a_document_is_filtered_under_an_alias(app, world):
    with unit_of_work(Access.system("test")):
        make.user("un", world["P1"], "auditor")
    other = aliased(Grant)
    with acting(Access(99999, "x", (("core.user.view", world["P1"].path),))):
        seen = db.session.scalars(select(Grant.id)).all()
        assert len(seen) == 1 and db.session.scalars(select(other.id)).all() == seen


def test_every_change_leaves_a_line_with_old_and_new(app, world):
    with unit_of_work(Access.system("test"), reason="réforme"):
        world["P1"].name = "Gitega"
    line = db.session.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.at.desc())).first()
    assert (line.entity, line.action, line.stream) == ("core.facility", "change", f"f{world.ids['P1']}")
    assert '"name":["P1","Gitega"]' in line.body and '"reason":"réforme"' in line.body
    assert audit.verify() == []


def test_secrets_are_not_kept_in_the_trail(app, world):
    bodies = " ".join(db.session.scalars(select(audit.AuditEntry.body)))
    assert "argon2" not in bodies and "password_hash" in bodies


def test_the_trail_cannot_be_changed_by_the_application(app, world):
    with unit_of_work(Access.system("test")):
        states.record(world["P1"], "x", "", "")
    for statement in (
        spoiling(update(audit.AuditEntry).values(action="x")), sql("DELETE FROM core_audit"),
        spoiling(update(states.Step).values(user_label="x")), sql("DELETE FROM core_step"),
    ):  # fmt: skip
        with pytest.raises(Exception, match="append-only"), unit_of_work(Access.system("test")):
            db.session.execute(statement)


STRANGE = {
    "ORM update": lambda: db.session.execute(update(Facility).values(phone="1")),
    "ORM insert": lambda: db.session.execute(insert(FacilityCode), [{"facility_id": 1, "scheme": "a", "value": "b"}]),
    "ORM delete": lambda: db.session.execute(delete(Grant)),
    "table update": lambda: db.session.connection().execute(Facility.__table__.update().values(phone="1")),
    "text": lambda: db.session.execute(text("DELETE FROM core_grant")),
    "driver's words": lambda: db.session.connection().exec_driver_sql("DELETE FROM core_grant"),
    "bulk save": lambda: db.session.bulk_update_mappings(Facility, [{"id": 1, "phone": "1"}]),
    "a select from an update": lambda: db.session.scalars(
        select(Facility).from_statement(update(Facility).values(phone="1").returning(Facility))
    ).all(),
    "an update within a select": lambda: db.session.scalars(
        select(update(Facility).values(phone="1").returning(Facility.id).cte("x").c.id)
    ).all(),
    "a table's update within a select": lambda: db.session.connection().execute(
        select(Facility.__table__.update().values(phone="1").returning(Facility.__table__.c.id).cte("x").c.id)
    ),
    "DDL": lambda: db.session.connection().execute(DDL("DELETE FROM core_grant")),
    "a remark before it": lambda: db.session.connection().exec_driver_sql("/* x */ DELETE FROM core_grant"),
    "two in one": lambda: db.session.connection().exec_driver_sql("ANALYZE; DELETE FROM core_grant"),
    "its table": lambda: db.session.connection().exec_driver_sql("DROP TABLE core_grant"),
    "its guards": lambda: db.session.connection().exec_driver_sql("DROP TRIGGER core_audit_no_update"),
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_a_statement_beside_the_rows_is_refused_unless_it_says_why(app, world, strange):
    """Rights and trail hang on rows: a plugin's bulk statement would change what is elsewhere, and leave no line."""
    before = [list(db.session.scalars(select(model.id))) for model in (Facility, Grant, FacilityCode)]
    with pytest.raises(Unguarded), unit_of_work(Access.system("test")):
        strange()
    after = [list(db.session.scalars(select(model.id))) for model in (Facility, Grant, FacilityCode)]
    assert before == after and not db.session.scalars(select(Facility.id).where(Facility.phone == "1")).all()


UNSEEN = {
    "table": lambda: db.session.connection().execute(select(User.__table__.c.login)),
    "table by the session": lambda: db.session.execute(select(User.__table__.c.login)),
    "model beside the session": lambda: db.session.connection().execute(select(User.login)),
    "only whether they are": lambda: db.session.execute(
        select(or_(select(User.id).exists(), select(Role.id).exists()))
    ),
    "beside a union": lambda: db.session.connection().execute(union_all(select(Role.id), select(User.id))),
    "a table by its name": lambda: db.session.execute(select(column("login")).select_from(table("core_user"))),
    "words of the driver": lambda: db.session.connection().exec_driver_sql("SELECT login FROM core_user"),
    "rows from words": lambda: db.session.scalars(select(User).from_statement(text("SELECT * FROM core_user"))).all(),
    "rows from a table": lambda: db.session.scalars(select(User).from_statement(select(User.__table__))).all(),
    "words within": lambda: db.session.execute(select(Role.id).where(text("EXISTS (SELECT 1 FROM core_user)"))),
    "words as a table": lambda: db.session.execute(select(column("login")).select_from(text("core_user"))),
    "a line of another": lambda: db.session.connection().execute(select(Role.id).join(Grant, Grant.role_id == Role.id)),
}


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_a_select_that_rights_do_not_narrow_is_refused_unless_it_says_why(app, world, unseen):
    """Rights hang on selects of the session's models: a table's own columns, or two EXISTS alone, told what is elsewhere."""
    with pytest.raises(Unguarded), acting(Access(None, "a stranger")):
        unseen()
    assert read_beside(select(User.__table__.c.login), "a test").all()


def test_a_failed_operation_leaves_nothing(app, world):
    before = db.session.scalar(sql("select count(*) from core_audit"))
    with pytest.raises(ZeroDivisionError), unit_of_work(Access.system("test")):
        db.session.add(FacilityCode(facility=world["P1"], scheme="dhis2", value="abc"))
        db.session.flush()
        _ = 1 / 0
    assert db.session.scalar(sql("select count(*) from core_audit")) == before


def test_every_connection_is_prepared_for_good(app):
    """SQLite survives a power cut; PostgreSQL compiles no plan, whatever was rolled back on the connection before."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        assert db.session.scalar(sql("SHOW jit")) == "off"
    else:
        kept = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
        assert {name: db.session.scalar(sql(f"PRAGMA {name}")) for name in kept} == kept


def test_what_is_poured_is_read_as_it_was_given(world):
    """By COPY or row by row: signs that the driver's own format uses, days, moments of any zone, and nothing."""
    moment = datetime(2026, 11, 30, 18, 5, 7, 12, tzinfo=timezone(timedelta(hours=2)))
    words = "tab\t back\\slash \\N line\nend 'quoted' \"twice\" é"
    place = world.ids["BI"]
    with unit_of_work(Access.system("test")):
        names = ("series", "year", "facility_id", "closed_by", "closed_at")
        pour(ClosedYear.__table__, names, [("a", 2024, None, words, moment), ("b", 2025, place, "", moment)], "a test")
        rows = db.session.scalars(select(ClosedYear).order_by(ClosedYear.year)).all()
        read = [(row.series, row.year, row.facility_id, row.closed_by, row.closed_at) for row in rows]
    assert read == [("a", 2024, None, words, moment), ("b", 2025, place, "", moment)]


def test_rows_that_are_poured_are_checked_at_the_end_and_the_table_is_as_before(world):
    grants, role = Grant.__table__, db.session.scalars(select(Role.id)).first()
    db.session.rollback()

    def made():
        found = inspect(create_engine(db.engine.url))  # past the guard of ours
        return found.get_foreign_keys(grants.name), found.get_indexes(grants.name)

    def give(person):
        with unit_of_work(Access.system("test")), poured_into(grants, "a test"):
            row = {"user_id": person, "role_id": role, "facility_id": world.ids["BI"]}
            db.session.connection().execute(spoiling(insert(grants)), [row])

    before = made()
    give(world.users["nobody"])
    with pytest.raises(IntegrityError):
        give(10**6)
    assert made() == before
    assert db.session.scalars(select(Grant.user_id).where(Grant.user_id >= world.users["nobody"])).all()
