"""Numbers of documents: series that plugins declare, patterns that an administration sets, years that are closed."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from core.contract import checks
from core.contract.series import COUNTRY, FACILITY, MONTH, NEVER, YEAR, NumberSeries
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import NotAllowed, Refused
from core.data.numbers import ClosedYear, next_count, next_number, of_place, without_place
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.numbers import services
from core.settings import services as settings
from core.users.rights.models import Role
from tests import make
from tests.statements import statements

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
DAY = date(2026, 11, 30)
NOTE = NumberSeries("core.note", "Notes", "BL")
LETTER = NumberSeries("core.letter", "Letters", "L", "{kind}/{year}/{month}/{place}/{number}", FACILITY, MONTH)
SLIP = NumberSeries("core.slip", "Slips", "BE", per=FACILITY, beside_place=True)
CARD = NumberSeries("core.card", "Cards", "C", "{kind}{number}", restarts=NEVER, closes=False)
BARE = NumberSeries("core.badge", "Badges", "BG", restarts=NEVER, closes=False, bare=True)
ALL = {each.name: each for each in (NOTE, LETTER, SLIP, CARD, BARE)}


@pytest.fixture
def country(app, world, monkeypatch):
    """Return the small country, with series and somebody who keeps the numbers of one province."""
    monkeypatch.setitem(app.extensions, "amagara.numbers", ALL)
    set_by = {each.setting.name: each.setting for each in ALL.values() if not each.bare}
    monkeypatch.setitem(app.extensions, "amagara.settings", set_by)
    with unit_of_work(SYSTEM):
        db.session.add(Role(code="registry", label_en="R", label_fr="R", permissions="core.number.edit"))
        db.session.flush()
        world.users["registry"] = make.user("registry", world["P1"], "registry").id
    with time_machine.travel(DAY, tick=True):
        yield world


def next_of(series, *rest):
    with unit_of_work(SYSTEM):
        return next_number(series, *rest)


def test_a_bare_series_counts_and_has_no_pattern(country):
    with unit_of_work(SYSTEM):
        assert [next_count(BARE), next_count(BARE)] == [1, 2]
    with unit_of_work(SYSTEM):
        assert next_count(BARE) == 3
    shown = [each.series for _label, rows in services.listed() for each in rows]
    assert BARE not in shown and CARD in shown


def put(world, login, series, place, pattern):
    with unit_of_work(world.access(login)):
        settings.put(series.setting, place, pattern)


def close(world, login, *rest):
    with unit_of_work(world.access(login)):
        return services.close(*rest, reason="exercice clos").id


def test_each_unit_and_each_turn_counts_for_itself_from_one(country):
    days = [DAY, date(2026, 12, 1), date(2027, 1, 1)]
    assert [next_of(NOTE, None, day) for day in days] == ["BL-2026-00001", "BL-2026-00002", "BL-2027-00001"]
    assert [next_of(CARD, None, day) for day in days] == ["C1", "C2", "C3"]
    places = [country["P1"], country["P2"]]
    slips = [next_of(SLIP, place, day) for place in places for day in days]
    assert slips == ["BE-2026-00001", "BE-2026-00002", "BE-2027-00001"] * 2
    letters = [next_of(LETTER, place, day) for place in places for day in days for _n in range(2)]
    assert letters == [
        f"L/{month}/{code}/{n}" for code in ("P1", "P2") for month in ("2026/11", "2026/12", "2027/01") for n in (1, 2)
    ]
    assert next_of(NOTE) == "BL-2026-00003", "today, where no day is said"


def test_no_number_is_made_but_by_a_declared_series_of_the_right_unit(country):
    for series, place in ((NOTE, country["P1"]), (SLIP, None)):
        with pytest.raises(ValueError, match="counted by"):
            next_of(series, place)
    with pytest.raises(LookupError, match="no plugin declares"):
        next_of(replace(NOTE))


def test_a_number_costs_two_statements_and_the_pattern_is_read_once_a_transaction(country):
    with unit_of_work(SYSTEM), statements() as asked:
        for _n in range(5):
            next_number(SLIP, country["P1A"])
    said = [statement for statement in asked if "core_counter" in statement or "core_setting" in statement]
    assert len(said) == 6


@pytest.mark.parametrize(
    ("series", "said"),
    [
        (replace(NOTE, pattern="{kind}-{number}"), "{year}"),
        (replace(LETTER, pattern="{kind}-{place}-{year}-{number}"), "{month}"),
        (replace(LETTER, pattern="{kind}-{year}-{month}-{number}"), "{place}"),
        (replace(NOTE, pattern="{kind}-{year}"), "{number}"),
        (replace(NOTE, pattern="{year}-{number}"), "{kind}"),
        (replace(NOTE, pattern="{kind}-{year}-{number}-{number}"), "Once"),
        (replace(NOTE, pattern="{kind} {year} {number}"), "Only letters"),
        (replace(NOTE, pattern="{kind}-{year}-{number}-{user}"), "Only letters"),
        (replace(NOTE, pattern="{kind}-{year}-{place}-{number}"), "The place"),
        (replace(SLIP, pattern="{kind}-{year}-{place}-{number}"), "The place"),
        (replace(SLIP, pattern="{kind}/{year}/{number}"), "“/”"),
        (replace(NOTE, pattern="{kind}-{year}-1{number}"), "part the number"),
        (replace(NOTE, pattern="{kind}-{number}{year}"), "part the number"),
        (replace(LETTER, pattern="{kind}-{year}{month}-{place}{number}"), "part the number"),
        (replace(NOTE, pattern="{kind}-{year}-{number:09}" + "x" * 30), "too long"),
        (replace(NOTE, kind="B L"), "kind"),
    ],
)  # fmt: skip
def test_a_pattern_by_which_two_could_get_one_text_refuses_the_start(series, said):
    with pytest.raises(checks.DoesNotFit, match=said.replace("{", r"\{")):
        checks.known_series([series])


@pytest.mark.parametrize("other", [replace(SLIP, name="core.note"), replace(SLIP, kind="BL")])
def test_a_name_or_kind_that_is_taken_refuses_the_start(other):
    assert checks.known_series(ALL.values()) == ALL
    with pytest.raises(checks.DoesNotFit, match="twice"):
        checks.known_series([NOTE, other])


PARTS = ["{kind}", "{year}", "{month}", "{place}", "{number}", "{number:03}", "-", "/", "1", "A"]
PAPER = some.tuples(
    some.integers(1, 2_000_000), some.dates(date(2024, 1, 1), date(2027, 1, 1)), some.sampled_from(["P", "P1", "P-1", "1", "20", "P202"])
)  # fmt: skip


@given(some.lists(some.sampled_from(PARTS), max_size=9).map("".join), some.lists(PAPER, min_size=2, max_size=40))
@pytest.mark.parametrize("series", [NOTE, LETTER, CARD])
def test_a_pattern_that_is_taken_tells_any_two_papers_apart(series, pattern, papers):
    """Held against the texts themselves, with numbers and codes that look like one another."""
    if series.fault(pattern):
        pattern = series.pattern
    turns = {
        YEAR: lambda day: day.year, MONTH: lambda day: (day.year, day.month), NEVER: lambda day: 0,
    }[series.restarts]  # fmt: skip
    made = {}
    for number, day, place in papers:
        which = (number, turns(day), place if series.per != COUNTRY else "")
        text = series.written(pattern, number, day, place)
        assert made.setdefault(text, which) == which, pattern


def test_patterns_are_set_for_the_country_or_a_place_and_existing_numbers_stay(country):
    assert next_of(NOTE) == "BL-2026-00001"
    put(country, "admin", NOTE, None, "{year}/{number:03}/{kind}")
    assert next_of(NOTE) == "2026/002/BL"
    put(country, "registry", LETTER, country["P1"], "{kind}.{place}.{year}{month}.{number:03}")
    assert next_of(LETTER, country["P1A"]) == "L.P1A.202611.001"
    assert next_of(LETTER, country["P2"]) == "L/2026/11/P2/1"
    with pytest.raises(NotAllowed):
        put(country, "registry", LETTER, country["P2"], "{kind}.{place}.{year}{month}.{number:03}")
    with pytest.raises(Refused, match=r"\{year\}"):
        put(country, "admin", NOTE, None, "{kind}-{number}")
    with pytest.raises(Refused, match="pays entier"):
        put(country, "admin", NOTE, country["P1"], "{kind}{year}-{number}")


def test_a_number_that_would_not_fit_its_column_is_refused(country):
    put(country, "admin", LETTER, None, "{kind}/{year}{month}/{place}/" + "x" * 15 + "/{number}")
    with unit_of_work(SYSTEM):
        country["P2"].code = "P" * 30
    with pytest.raises(Refused, match="trop long"):
        next_of(LETTER, country["P2"])
    assert next_of(LETTER, country["P1"]).endswith("/1")


def test_a_closed_year_gives_no_number_and_leaves_no_gap(country):
    old = date(2025, 12, 31)
    assert next_of(NOTE, None, old) == "BL-2025-00001"
    close(country, "admin", NOTE, 2025)
    for _n in range(2):
        with pytest.raises(Refused, match="2025 est clôturée pour «\xa0Notes\xa0»") as refused:
            next_of(NOTE, None, old)
    assert "rouvrir" in str(refused.value)
    assert next_of(NOTE) == "BL-2026-00001" and next_of(NOTE, None, date(2024, 5, 1)) == "BL-2024-00001"
    assert next_of(SLIP, country["P1"], old) == "BE-2025-00001", "another series"
    with unit_of_work(country.access("admin"), reason="facture oubliée"):
        services.reopen(db.session.scalars(select(ClosedYear)).one(), "facture oubliée")
    assert next_of(NOTE, None, old) == "BL-2025-00002"


def test_a_year_is_closed_at_a_place_for_all_below_it_and_by_who_may(country):
    old = date(2025, 12, 31)
    close(country, "registry", SLIP, 2025, country["P1"])
    for place in ("P1", "P1A"):
        with pytest.raises(Refused):
            next_of(SLIP, country[place], old)
    assert next_of(SLIP, country["P2"], old) == "BE-2025-00001"
    for login, place in (("registry", None), ("registry", country["P2"]), ("auditor", country["P1"])):
        with pytest.raises(NotAllowed):
            close(country, login, SLIP, 2024, place)
    for wrong in ((SLIP, 2026, None), (SLIP, 2025, country["P1A"]), (CARD, 2025, None), (NOTE, 2025, country["P1"])):
        with pytest.raises(Refused):
            close(country, "admin", *wrong)
    with pytest.raises(NotAllowed), unit_of_work(country.access("registry")):
        db.session.add(ClosedYear(series="core.slip", year=2020, facility_id=None, closed_by="x"))
    row = db.session.scalars(select(AuditEntry).where(AuditEntry.entity == "core.closed_year")).one()
    assert row.user_id == country.users["registry"] and json.loads(row.body)["changes"]["year"] == [None, 2025]


def test_who_takes_a_number_while_its_year_is_closed_gets_one_before_or_none(app, country):
    """Ten take numbers while one closes: whatever was given was given whole, and nothing after the closing."""
    old = date(2025, 6, 1)
    next_of(NOTE, None, old)

    def take(n):
        with app.app_context(), acting(SYSTEM):
            if n == 5:
                return perform(lambda: str(services.close(NOTE, 2025, reason="x").id)) and None
            try:
                return perform(lambda: next_number(NOTE, None, old))
            except Refused:
                return None

    with ThreadPoolExecutor(8) as pool:
        given = sorted(number for number in pool.map(take, range(20)) if number)
    assert given == [f"BL-2025-{n + 2:05}" for n in range(len(given))]
    with pytest.raises(Refused):
        next_of(NOTE, None, old)


def test_a_number_beside_its_place_is_written_with_its_code_and_read_again(country):
    number = next_of(SLIP, country["P1A"])
    assert without_place(of_place(number, country["P1A"])) == (number, "P1A") and without_place(number) == (number, "")


def test_the_page_shows_how_far_each_series_has_come_and_closes_and_opens(country, client):
    for place in ("P1", "P1A", "P2"):
        next_of(SLIP, country[place], date(2025, 3, 1))
    next_of(NOTE)
    make.sign_in(client, "registry")
    text = client.get("/numbers/").text
    assert (
        "BL-2026-00001" in text and "2025\xa0: 2" in text.replace(" :", "\xa0:") and "{kind}-{year}-{number:05}" in text
    )
    assert "BE-2025-00001" in client.get(f"/numbers/?of={country['P1A'].id}").text
    page = client.get(f"/numbers/close?series=core.slip&of={country['P1'].id}").text
    assert re.search(r'name="place"[^>]*value="P1', page) and '<option selected value="core.slip">' in page
    sent = {"series": "core.slip", "year": "2025", "place": "P1", "reason": "exercice clos"}
    assert client.post("/numbers/close", data={**sent, "place": ""}).status_code in (403, 422)
    assert client.post("/numbers/close", data=sent).status_code == 302
    row = db.session.scalars(select(ClosedYear)).one()
    text = client.get("/numbers/").text
    assert f"/do/core.closed_year.reopen/{row.id}" in text and "Registry" in text
    assert client.get(f"/numbers/closed/{row.id}").location == f"/numbers/?of={country['P1'].id}"
    assert client.post(f"/do/core.closed_year.reopen/{row.id}", data={"reason": "facture"}).status_code == 302
    assert not db.session.scalars(select(ClosedYear)).all()
    make.sign_in(client, "auditor")
    page = client.get("/numbers/")
    assert page.status_code == 200 and "/numbers/close?" not in page.text
    assert client.get("/numbers/close").status_code == 403
