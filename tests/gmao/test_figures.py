"""The figures of maintenance: reckoned as a person would, the same by one pass as by the formulas, each with its rows."""

import random
import re
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.data.exact import rounded
from core.data.states import Step
from core.data.work import unit_of_work
from plugins.gmao.equipment.models import REASONS, STATUSES, StatusEvent
from plugins.gmao.figures import board, reports
from plugins.gmao.figures.past import Past, Said, measured, record
from plugins.gmao.figures.periods import Period, chosen, last_months
from plugins.gmao.figures.reckoning import reckoned
from plugins.gmao.formulas import downtime
from plugins.gmao.formulas.delays import Fault, corrective_delay
from plugins.gmao.formulas.spans import Span
from plugins.gmao.moves.models import Move
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.gmao.make import piece, row
from tests.statements import statements

SYSTEM = Access.system("test")
HALF = Period("half", "", date(2026, 1, 1), date(2026, 6, 30))  # 181 days
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG_AGO = date(2025, 3, 1)
on_both = pytest.mark.both_databases


def at(day, hour=0):
    return moment(day, time(hour))


def known(world, *events, place="P1A-CDS1", state="in_service", since=LONG_AGO, **facts):
    """Return the id of a piece of which these things were said: (moment, status, because)."""
    id = piece(world, place=place, login="director", state=state, status="", in_service_on=since, **facts)
    with unit_of_work(SYSTEM):
        one = row(id)
        for moment_, status, *because in events:
            why, cause = [*because, None, None][:2]
            db.session.add(StatusEvent(equipment=one, status=status, because=why, happened_at=moment_,
                                       cause=cause or "", recorded_by="test"))  # fmt: skip
            one.status, one.because, one.status_at = status, why, moment_
    return id


def hours(world, place="P1A-CDS1", period=HALF, now=NOW):
    """Return the hours of a place, read under no rights of its own."""
    with acting(SYSTEM):
        return board.read(world[place], period, now).whole.hours


def failing(*spans):
    """Return what is said of a piece that works but for these times."""
    said = [(at(LONG_AGO), "functional")]
    for start, end in spans:
        said += [(start, "not_functional", "needs_part"), (end, "functional")]
    return said


def three_failures():
    return failing(
        (at(date(2026, 1, 10)), at(date(2026, 1, 12))),
        (at(date(2026, 3, 1), 6), at(date(2026, 3, 4), 6)),
        (at(date(2026, 6, 29)), at(date(2026, 6, 30))),
    )


@on_both
def test_the_known_answer_is_found_on_the_board_and_on_the_page_of_the_piece(country):
    id = known(country, *three_failures())
    with acting(SYSTEM):
        one = reckoned(reports.one_piece(id), HALF, NOW)
    for found in (hours(country), hours(country, "BI"), one.figures):
        assert (found.required, found.down, found.failures) == (4344, 144, 3)
        assert (found.mtbf, found.mttr, rounded(found.availability, 6)) == (1400, 48, rounded(Fraction(4200, 4344), 6))
        assert str(rounded(found.availability, 6)) == "0.966851"
        assert found.waits == {"needs_part": 144} and found.repairing == 0
    assert sum(time.hours for time in one.times) == 4344
    assert sum(time.hours for time in one.times if time.waits) == 144


@on_both
def test_a_time_down_that_lasts_counts_to_now_and_its_reasons_are_kept_apart(country):
    began, now = at(date(2026, 6, 1)), at(date(2026, 6, 11))
    known(
        country, (at(LONG_AGO), "functional"), (began, "not_functional", "needs_part"),
        (began + timedelta(days=6), "not_functional", "in_repair"),
    )  # fmt: skip
    found = hours(country, now=now)
    assert found.required == (date(2026, 6, 11) - date(2026, 1, 1)).days * 24
    assert (found.down, found.failures, found.mttr) == (240, 1, 240)
    assert (found.waiting, found.repairing) == (144, 96)


@on_both
def test_a_piece_that_was_lent_counts_where_it_stood(country):
    id = known(country, *failing((at(date(2026, 2, 20)), at(date(2026, 3, 5)))))
    with unit_of_work(SYSTEM):
        one = row(id)
        db.session.add(Move(
            number="DE-1", equipment=one, what="x", source=country["P1A-CDS1"], facility=country["P1A-CDS2"],
            purpose="loan", state="arrived", sent_on=date(2026, 2, 28), arrived_on=date(2026, 3, 1), sent_by="test",
        ))  # fmt: skip
        one.facility, one.state = country["P1A-CDS2"], "on_loan"
        db.session.add(Step(entity="gmao.equipment", entity_id=id, action="lend", source="in_service",
                            target="on_loan", at=at(date(2026, 3, 1), 9), user_label="test"))  # fmt: skip
    lender, borrower, district = (hours(country, place) for place in ("P1A-CDS1", "P1A-CDS2", "P1A"))
    assert (lender.required, lender.down, lender.failures) == (59 * 24, 9 * 24, 1)
    assert (borrower.required, borrower.down, borrower.failures) == (122 * 24, 4 * 24, 0)
    assert borrower.mttr is None and borrower.mtbf is None
    assert (district.required, district.down, district.failures, district.mttr) == (4344, 13 * 24, 1, 13 * 24)
    with acting(SYSTEM):
        found = board.read(country["P1A"], HALF, NOW)
        assert {site.name: one.hours.required for site, one in found.areas} == {
            "P1A-CDS1": 59 * 24, "P1A-CDS2": 122 * 24,
        }  # fmt: skip
        assert {site.name: one.working.working for site, one in found.areas} == {"P1A-CDS1": 0, "P1A-CDS2": 1}
        assert reckoned(reports.one_piece(id), HALF, NOW, country["P1A-CDS1"]).figures == lender


@on_both
def test_what_was_disposed_of_is_required_until_then_and_works_no_more(country):
    id = known(country, (at(LONG_AGO), "functional"), state="disposed")
    with unit_of_work(SYSTEM):
        for action, source, target, day in (
            ("propose_disposal", "in_service", "disposal_proposed", date(2026, 1, 31)),
            ("dispose", "disposal_proposed", "disposed", date(2026, 2, 20)),
        ):
            db.session.add(Step(entity="gmao.equipment", entity_id=id, action=action, source=source, target=target,
                                at=at(day), user_label="test"))  # fmt: skip
    assert hours(country).required == 30 * 24
    with acting(SYSTEM):
        found = board.read(country["P1A"], HALF, NOW).whole
    assert found.working.rate is None and found.working.known == 0


@on_both
def test_what_nobody_knows_is_called_so_and_is_no_zero(country, client):
    known(country)
    found = hours(country)
    assert (found.required, found.unknown, found.availability) == (0, 4344, None)
    people.sign_in(client, "tech")
    shown = client.get("/gmao/figures/?period=y2026").text
    card = re.search(r'figure-label">Disponibilité</span>\s*<span class="figure-value">([^<]+)<', shown)
    assert card[1].strip() == "inconnu"
    assert "1 inconnu" in shown or "1 sans état connu" in shown


@on_both
def test_planned_work_is_down_time_and_no_failure_unless_it_finds_one(country):
    id = piece(country)
    with unit_of_work(country.access("head")):
        order = work.plan_for(row(id), kind="preventive", problem="Contrôle")
        cause = work.ref(order)
    start = at(date(2026, 4, 1))
    day = timedelta(days=1)
    with unit_of_work(SYSTEM):
        one = row(id)
        one.in_service_on = LONG_AGO
        for when, status, because, why in (
            (at(LONG_AGO), "functional", None, ""), (start, "not_functional", "in_repair", cause),
            (start + day, "functional", None, ""), (start + 9 * day, "not_functional", "in_repair", cause),
            (start + 10 * day, "not_functional", "needs_part", cause),
            (start + 13 * day, "not_functional", "in_repair", cause), (start + 14 * day, "functional", None, ""),
        ):  # fmt: skip
            db.session.add(StatusEvent(equipment=one, status=status, because=because, happened_at=when, cause=why,
                                       recorded_by="test"))  # fmt: skip
    found = hours(country)
    assert (found.down, found.planned, found.failures, found.restoring) == (6 * 24, 2 * 24, 1, 4 * 24)


@on_both
def test_a_person_of_one_facility_sees_his_own_figures_only(country, client):
    mine, other = known(country, *three_failures()), known(country, (at(LONG_AGO), "functional"), place="P2A-CDS1")
    people.sign_in(client, "ward")
    assert client.get("/gmao/figures/").status_code == 200
    for page in ("", "places", "pieces", "repairs", "interventions", "orders", "replacement", "capacity", "donations"):
        for place in ("P1A-CDS2", "P1A", "BI"):
            assert client.get(f"/gmao/figures/{page}?facility={country.ids[place]}").status_code == 403
    assert client.get(f"/gmao/figures/pieces/{mine}").status_code == 200
    assert client.get(f"/gmao/figures/pieces/{other}").status_code == 404
    people.sign_in(client, "nobody")
    assert client.get("/gmao/figures/").status_code == 403


def test_every_figure_opens_its_rows_with_few_statements(country, client):
    id = known(country, *three_failures())
    known(country, (at(LONG_AGO), "functional"), (at(date(2026, 9, 1)), "not_functional", "no_funds"), place="P1A-CDS2")
    with unit_of_work(country.access("head")):
        order = work.plan_for(row(id), kind="corrective", problem="Panne")
        order.opened_at = utcnow() - timedelta(days=40)
        work.finish(order, minutes=30, action="repaired", cause="wear", status="functional")
        order.done_at = utcnow() - timedelta(days=14)
    people.sign_in(client, "director")
    client.get("/")
    with statements() as frame:
        client.get("/password")
    shown = client.get("/gmao/figures/?period=12").text
    cards = re.findall(r'class="figure[^"]*" href="([^"]+)"', shown)
    assert len(cards) == 8
    paths = {*cards, "/gmao/figures/", "/gmao/figures/places", "/gmao/figures/places?format=csv", "/gmao/figures/replacement",
             "/gmao/figures/capacity", "/gmao/figures/donations",
             f"/gmao/figures/pieces/{id}?period=12"}  # fmt: skip
    for address in paths:
        with statements() as sent:
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address
        assert len(sent) - len(frame) <= 12, address
    assert re.search(r"26(,0)? j", shown)
    whole = client.get("/gmao/figures/places?format=csv").data.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0].strip('"') for line in whole] == ["Lieu", "P1A"]


@on_both
def test_the_delay_is_that_of_the_formula_and_open_repairs_are_told(country):
    id, now = piece(country), utcnow()
    spans = [(50, 24), (90, 60), (7, None), (200, None)]
    with unit_of_work(country.access("head")):
        for began, ended in spans:
            order = work.plan_for(row(id), kind="corrective", problem="Panne")
            order.opened_at = now - timedelta(days=began)
            order.done_at = None if ended is None else now - timedelta(days=ended)
            order.state = "assigned" if ended is None else "closed"
            db.session.flush()
        work.plan_for(row(id), kind="corrective", problem="Erreur").state = "cancelled"
    with acting(SYSTEM):
        found = board.read(country["P1A"], chosen("12", today()), now).whole
    faults = [Fault(now - timedelta(days=a), None if b is None else now - timedelta(days=b)) for a, b in spans]
    assert found.delay == corrective_delay(faults, now)
    assert (found.delay.median, found.open, [round(float(each)) for each in found.delay.open_days]) == (28, 2, [200, 7])
    assert db.session.query(WorkOrder).count() == 5


def test_interventions_are_counted_in_the_month_of_the_place(country):
    id = piece(country)
    with unit_of_work(country.access("head")):
        order = work.plan_for(row(id), kind="corrective", problem="Panne")
        work.log(order, minutes=5, action="adjusted")
    months = last_months(today())
    assert months[0].start < months[-1].start and len(months) == 12
    with acting(SYSTEM):
        assert reports.interventions(country["P1A"], months)[-1] == 1
        assert reports.interventions(country["P2A"], months) == [0] * 12


MOMENTS = st.integers(0, 400).map(lambda n: at(date(2025, 11, 1)) + n * timedelta(hours=13))
EVENTS = st.lists(
    st.builds(Said, MOMENTS, st.sampled_from(list(STATUSES)), st.sampled_from([None, *REASONS]), st.booleans()),
    max_size=12,
).map(lambda found: sorted(found, key=lambda one: one.at))


@settings(max_examples=60)
@given(EVENTS, st.none() | st.just(LONG_AGO) | st.just(date(2026, 2, 3)), MOMENTS)
def test_one_pass_says_what_the_formulas_say(said, since, now):
    past = Past("in_service", since)
    for one in said:
        past.say(one)
    start, end = HALF.span
    lasted = past.lasted(start, min(end, now))
    plain = downtime.availability(HALF.span, record(past, lasted), now)
    found = measured(past, lasted).figures()
    assert found.waits == {why: each for why, each in plain.waits.items() if each}
    assert {**vars(found), "waits": 0} == {**vars(plain), "waits": 0}


@on_both
def test_what_is_read_of_many_pieces_is_the_sum_of_the_formulas(country):
    draw = random.Random(7)
    parts = []
    for number in range(12):
        place = draw.choice(["P1A-CDS1", "P1A-CDS2", "P1A-DEPOT"])
        moments = sorted(draw.sample(range(300), 6))
        said = [
            (at(date(2025, 11, 1)) + timedelta(days=n, minutes=number), draw.choice(list(STATUSES)),
             draw.choice(list(REASONS)))
            for n in moments
        ]  # fmt: skip
        known(country, *said, place=place)
        past = Past("in_service", LONG_AGO)
        for when, status, because in said:
            past.say(Said(when, status, because))
        rec = record(past, past.lasted(*HALF.span))
        parts.append(downtime.availability(HALF.span, rec, NOW))
    found, plain = hours(country, "P1A"), downtime.together(parts)
    assert found.waits == {why: each for why, each in plain.waits.items() if each}
    assert {**vars(found), "waits": 0} == {**vars(plain), "waits": 0}


def test_a_period_is_whole_months_or_a_year():
    day = date(2026, 1, 15)
    assert chosen("3", day).first == date(2025, 11, 1) and chosen("3", day).last == date(2026, 1, 31)
    assert chosen("y2025", day).span == Span(at(date(2025, 1, 1)), at(date(2026, 1, 1)))
    assert chosen("nonsense", day) == chosen("12", day) == chosen(None, day)
    assert chosen("1", day).holds(at(day)) and not chosen("1", day).holds(None)
