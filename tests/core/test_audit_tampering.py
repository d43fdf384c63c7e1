"""The trail: whatever is done to its rows behind the application's back is found and named."""

import json
import random

import pytest
from sqlalchemy.exc import IntegrityError

from core.data import audit, migrations
from core.data.access import Access
from core.data.bulk import BECAUSE
from core.data.db import db
from core.data.work import unit_of_work
from core.journal import checkpoint
from tests import make
from tests.statements import sql

pytestmark = pytest.mark.both_databases
TIMES = 250
TEXTS = ("stream", "at", "entity", "entity_id", "action", "body", "prev", "mac")


@pytest.fixture
def trail(app, world):
    """Return all lines of a trail with several streams, its guards taken away."""
    for n in range(12):
        with unit_of_work(Access.system("test"), reason=f"été n° {n}"):
            world["P1"].name = f"Gitega {n}"
            world["P2A-CDS1"].name = f"Murore {n}"
            make.user(f"u{n}", world["P1A"], "auditor")
    with unit_of_work(Access.system("test")):
        for table in migrations.append_only_tables():
            drop_guards(table.name)
    assert audit.verify() == []
    return lines()


def drop_guards(table):
    if db.engine.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            db.session.execute(sql(f"DROP TRIGGER {table}_no_{verb}"))
    else:
        db.session.execute(sql(f"DROP TRIGGER {table}_append_only ON {table}"))


def lines():
    return [dict(row) for row in db.session.execute(sql("SELECT * FROM core_audit ORDER BY stream, seq")).mappings()]


def streams(trail):
    return sorted({line["stream"] for line in trail})


def found(statements):
    """Return the faults after some statements, which are then taken back; a key may refuse them outright."""
    try:
        for statement, values in statements:
            assert db.session.execute(sql(statement), values).rowcount, statement
        return audit.verify()
    except IntegrityError:
        return ["refused"]
    finally:
        db.session.rollback()


def write(line):
    names = ", ".join(line)
    return f"INSERT INTO core_audit ({names}) VALUES ({', '.join(':' + name for name in line)})", line


def forget(line):
    return "DELETE FROM core_audit WHERE stream = :stream AND seq = :seq", {
        "stream": line["stream"],
        "seq": line["seq"],
    }


def flip(rng, value):
    """Return a text with one bit of one of its characters turned over."""
    place = rng.randrange(len(value))
    changed = chr(ord(value[place]) ^ (1 << rng.randrange(6)))
    return None if changed in "\0'" or not changed.isprintable() else value[:place] + changed + value[place + 1 :]


@pytest.fixture
def rng(request):
    seed = random.randrange(10**6)
    request.node.add_report_section("setup", "seed", str(seed))
    return random.Random(seed)


def test_a_flipped_bit_in_any_column_is_found(trail, rng):
    tried = dict.fromkeys(TEXTS, 0)
    while min(tried.values()) < TIMES // 5:
        column, line = rng.choice(TEXTS), rng.choice(trail)
        changed = flip(rng, line[column]) if line[column] else "x"
        if changed is None:
            continue
        tried[column] += 1
        assert found([forget(line), write({**line, column: changed})]), (column, line, changed)


def test_a_changed_figure_in_any_column_is_found(trail, rng):
    for _n in range(TIMES):
        line, column = rng.choice(trail), rng.choice(("seq", "user_id", "facility_id"))
        changed = (line[column] or 0) + rng.choice([1000, 5000, 2**20])
        assert found([forget(line), write({**line, column: changed})]), (column, line)
        if line[column] is not None and column != "seq":
            assert found([forget(line), write({**line, column: None})]), (column, line)


def test_a_deleted_line_is_found_and_named(trail, rng):
    for _n in range(TIMES):
        line = rng.choice(trail)
        (fault,) = found([forget(line)])
        assert (fault.stream, fault.seq) in {(line["stream"], line["seq"]), (line["stream"], line["seq"] - 1)}


def test_lines_cut_from_the_end_are_found(trail, rng):
    for stream in streams(trail):
        length = sum(line["stream"] == stream for line in trail)
        first = rng.randint(1, length)
        cut = "DELETE FROM core_audit WHERE stream = :stream AND seq >= :seq"
        assert [fault.stream for fault in found([(cut, {"stream": stream, "seq": first})])] == [stream]


def test_an_inserted_line_is_found(trail, rng):
    for _n in range(TIMES):
        line, after = rng.choice(trail), rng.choice(trail)
        last = max(each["seq"] for each in trail if each["stream"] == after["stream"])
        assert found([write({**line, "stream": after["stream"], "seq": last + 1})])
    assert found([write({**line, "stream": "f999"})])


def test_two_lines_put_in_each_others_place_are_found(trail, rng):
    for _n in range(TIMES):
        one, other = rng.sample(trail, 2)
        if rng.random() < 0.5:  # with their places in the chain, as a careful hand would
            swapped = [
                {**one, "stream": other["stream"], "seq": other["seq"]},
                {**other, "stream": one["stream"], "seq": one["seq"]},
            ]
        else:
            content = ("at", "user_id", "facility_id", "entity", "entity_id", "action", "body")
            swapped = [
                {**one, **{name: other[name] for name in content}},
                {**other, **{name: one[name] for name in content}},
            ]
        if swapped[0] | {"mac": ""} == one | {"mac": ""}:
            continue
        assert found([forget(one), forget(other), *map(write, swapped)]), (one, other)


def test_a_repeated_line_is_found(trail, rng):
    for _n in range(TIMES):
        line = rng.choice(trail)
        last = max(each["seq"] for each in trail if each["stream"] == line["stream"])
        assert found([write({**line, "seq": last + 1})])


def test_a_changed_or_lost_head_is_found(trail, rng):
    for stream in streams(trail):
        where = {"stream": stream}
        assert found([("DELETE FROM core_audit_head WHERE stream = :stream", where)])
        assert found([("UPDATE core_audit_head SET seq = seq - 1 WHERE stream = :stream", where)])
        for column in ("mac", "signature"):
            change = f"UPDATE core_audit_head SET {column} = :value WHERE stream = :stream"
            assert found([(change, where | {"value": "0" * 64})])
    made = "INSERT INTO core_audit_head (stream, seq, mac, signature) VALUES ('f999', 0, :zero, :zero)"
    assert found([(made, {"zero": "0" * 64})])


def test_text_that_is_no_longer_text_is_found(trail, engine):
    if engine == "sqlite":  # PostgreSQL stores no such text
        line = trail[3]
        change = "UPDATE core_audit SET body = CAST(x'ff41' AS TEXT) WHERE stream = :stream AND seq = :seq"
        assert found([(change, {"stream": line["stream"], "seq": line["seq"]})])


def test_one_fault_a_stream_is_named_and_the_others_are_still_read(trail):
    first, *_rest, last = [next(line for line in trail if line["stream"] == stream) for stream in streams(trail)]
    faults = found([forget(first), forget(last)])
    assert [fault.stream for fault in faults] == [first["stream"], last["stream"]]


def test_a_checkpoint_shows_a_tail_that_was_cut_with_its_head(trail, world, tmp_path):
    key = tmp_path / "checkpoint.key"
    said, count = checkpoint.make(key)
    assert count == len(streams(trail)) and key.stat().st_mode & 0o777 == 0o600
    assert checkpoint.compare(said, key) == []
    stream = f"f{world.ids['P1']}"
    put_back_an_older_copy(stream)
    assert audit.verify() == []  # the copy is whole in itself: only the checkpoint shows what it lacks
    assert [fault.stream for fault in checkpoint.compare(said, key)] == [stream]


def put_back_an_older_copy(stream):
    last = db.session.scalar(sql("SELECT max(seq) FROM core_audit WHERE stream = :stream"), {"stream": stream})
    db.session.execute(
        sql("DELETE FROM core_audit WHERE stream = :stream AND seq = :seq"), {"stream": stream, "seq": last}
    )
    mac = db.session.scalar(
        sql("SELECT mac FROM core_audit WHERE stream = :stream AND seq = :seq"), {"stream": stream, "seq": last - 1}
    )
    head = {"stream": stream, "seq": last - 1, "mac": mac, "signature": audit._signature(stream, last - 1, mac)}
    change = "UPDATE core_audit_head SET seq = :seq, mac = :mac, signature = :signature WHERE stream = :stream"
    db.session.execute(sql(change), head)


def test_a_forged_checkpoint_is_not_believed(trail, tmp_path):
    key = tmp_path / "checkpoint.key"
    said, _count = checkpoint.make(key)
    forged = json.loads(said)
    forged["heads"].popitem()
    for bad in (json.dumps(forged), "{}", "no json", "[]"):
        assert [fault.stream for fault in checkpoint.compare(bad, key)] == ["checkpoint"]
    assert checkpoint.compare(said, tmp_path / "other.key")


def test_the_end_cannot_be_cut_with_the_head_set_to_what_is_then_last(trail, world):
    """Once: cut the last lines, set the head to the line before, write once, and all was clean."""
    stream = f"f{world.ids['P1']}"
    with unit_of_work(Access.system("thief")):
        cut_unsigned(stream)
    assert [fault.stream for fault in audit.verify()] == [stream]
    with pytest.raises(audit.Broken), unit_of_work(Access.system("test")):
        world["P1"].name = "written on top"
    assert [fault.stream for fault in audit.verify()] == [stream]


def cut_unsigned(stream):
    """Cut two lines off the end, and set the head to the line that is then the last, as whoever lacks the key can."""
    last = db.session.scalar(sql("SELECT max(seq) FROM core_audit WHERE stream = :stream"), {"stream": stream})
    where = {"stream": stream, "seq": last - 2}
    db.session.execute(sql("DELETE FROM core_audit WHERE stream = :stream AND seq > :seq"), where)
    mac = "(SELECT mac FROM core_audit WHERE stream = :stream AND seq = :seq)"
    db.session.execute(sql(f"UPDATE core_audit_head SET seq = :seq, mac = {mac} WHERE stream = :stream"), where)


def test_a_stream_cannot_vanish_with_its_head(trail, world):
    stream = f"f{world.ids['P1']}"
    tables = ("core_audit", "core_audit_head")
    gone = [(f"DELETE FROM {table} WHERE stream = :stream", {"stream": stream}) for table in tables]
    assert [fault.stream for fault in found(gone)] == [stream]
    with unit_of_work(Access.system("thief")):
        for statement, values in gone:
            db.session.execute(sql(statement), values)
    with pytest.raises(audit.Broken), unit_of_work(Access.system("test")):
        world["P1"].name = "begun anew"


def test_the_list_of_streams_cannot_be_altered_or_lost(trail, world):
    assert [fault.stream for fault in found([("DELETE FROM core_audit_roll", {})])] == ["list"]
    assert [fault.stream for fault in found([("UPDATE core_audit_roll SET body = '{}'", {})])] == ["list"]
    with unit_of_work(Access.system("thief")):
        db.session.execute(sql("DELETE FROM core_audit_roll"))
    with pytest.raises(audit.Broken), unit_of_work(Access.system("test")):
        world["P2B-CDS2"].name = "a stream of its own"
        db.session.execute(
            sql("DELETE FROM core_audit_head WHERE stream = :name"), {"name": f"f{world.ids['P2B-CDS2']}"}
        )


def test_an_older_signed_end_put_back_is_found_once_the_list_was_raised(trail, world):
    stream = f"f{world.ids['P1']}"
    with unit_of_work(Access.system("anchor")):
        audit.raise_roll()
    with unit_of_work(Access.system("thief")):
        put_back_an_older_copy(stream)
    cut = [(stream, "the stream was longer: its end was cut")]
    assert [(fault.stream, fault.reason) for fault in audit.verify()] == cut
    with pytest.raises(audit.Broken), unit_of_work(Access.system("anchor")):
        audit.raise_roll()


def test_after_somebody_has_looked_the_trail_goes_on_and_says_so(trail, world):
    with unit_of_work(Access.system("thief")):
        cut_unsigned(f"f{world.ids['P1']}")
    with unit_of_work(Access.system("command line")):
        audit.accept("une sauvegarde a été remise")
    with unit_of_work(Access.system("test")):
        world["P1"].name = "goes on"
    assert audit.verify() == []
    said = db.session.scalar(sql("SELECT body FROM core_audit WHERE action = 'trail accepted'"))
    assert "une sauvegarde a été remise" in said


def test_chains_of_before_the_list_stay_verifiable(trail, world):
    """The upgrade checks each head by its signature once, and signs the list over them."""
    with unit_of_work(Access.system("upgrade")):
        db.session.execute(sql("DELETE FROM core_audit_roll"))
        audit.first_roll(db.session.connection().execution_options(**{BECAUSE: "a migration"}))
    with unit_of_work(Access.system("test")):
        world["P1"].name = "old stream"
    assert audit.verify() == []
    with unit_of_work(Access.system("thief")):
        db.session.execute(sql("DELETE FROM core_audit_roll"))
        cut_unsigned(f"f{world.ids['P1']}")
    with pytest.raises(RuntimeError, match=f"f{world.ids['P1']}"):
        audit.first_roll(db.session.connection().execution_options(**{BECAUSE: "a migration"}))
