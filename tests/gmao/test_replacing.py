"""What to replace, what lacks by the norm, and what became of donations: from what is known, with what is not."""

from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.data.states import Step
from core.data.work import unit_of_work
from core.facilities.models import FacilityType
from plugins.gmao.catalogue.models import EquipmentModel
from plugins.gmao.equipment.models import StatusEvent
from plugins.gmao.figures import capacity, donors, replacing, reports
from plugins.gmao.figures.plans import ReplacementTable
from plugins.gmao.formulas import replacement, survival
from tests import make as people
from tests.gmao.make import add_type, piece, row, type_of

SYSTEM = Access.system("test")
YEAR = timedelta(days=365)
on_both = pytest.mark.both_databases


def days_ago(days):
    return today() - timedelta(days=days)


def told(id, *events, **facts):
    """Say of a piece what happened: (days ago, status)."""
    with unit_of_work(SYSTEM):
        one = row(id)
        for name, value in facts.items():
            setattr(one, name, value)
        for days, status in events:
            at = utcnow() - timedelta(days=days)
            why = None if status == "functional" else "needs_part"
            db.session.add(StatusEvent(equipment=one, status=status, because=why, happened_at=at, recorded_by="test"))
            one.status, one.status_at = status, at
    return id


@on_both
def test_the_score_has_the_terms_of_the_formula_and_what_is_unknown_is_no_zero(country):
    with unit_of_work(SYSTEM):
        kind = type_of("o2")
        kind.function_score, kind.risk_score, kind.maintenance_score, kind.useful_life = 10, 5, 5, 8
        model = EquipmentModel(type=kind, maker="A", model="B", code="A B", code_key="a b", price=Decimal(5_000_000),
                               supported_until=today().year - 1)  # fmt: skip
        db.session.add(model)
    old = told(piece(country, model=model, status=""), (800, "functional"), (100, "not_functional"),
               (90, "functional"), (20, "not_functional"), in_service_on=days_ago(4 * 365))  # fmt: skip
    bare = piece(country, place="P1A-CDS2", login="head", code="fridge", status="")
    with acting(SYSTEM):
        first, last = replacing.candidates(country["P1A"], utcnow())
        assert (first.piece.id, last.piece.id) == (old, bare)
        wanted = replacement.score({
            "condition": replacement.condition("not_functional", 2, 365),
            "age": replacement.age(days_ago(4 * 365), 8, today()),
            "cost": replacement.cost(None, 5_000_000),
            "support": replacement.support(date(today().year - 1, 12, 31), True, today()),
            "criticality": replacement.criticality(20),
        })  # fmt: skip
        assert (first.least, first.most) == (wanted.least, wanted.most)
        assert [term.points for term in first.score.terms] == [term.points for term in wanted.terms]
        assert (first.known, first.points("cost"), first.points("criticality")) == ("enough", None, 10)
        assert last.known == "little" and last.most - last.least == 90
        assert replacing.judged(reports.one_piece(old), utcnow()).least == first.least


@on_both
def test_the_cost_of_what_is_chosen_is_summed_and_what_has_no_price_is_told(country, client):
    with unit_of_work(SYSTEM):
        model = EquipmentModel(type=type_of("o2"), maker="A", model="B", code="A B", code_key="a b",
                               price=Decimal(5_000_000))  # fmt: skip
        db.session.add(model)
    ids = [piece(country, model=model), piece(country, model=model), piece(country, code="fridge")]
    people.sign_in(client, "tech")
    shown = client.get("/gmao/figures/replacement").text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Remplacer tout ce qui est choisi : 10 000 000" in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "1 équipement n’a pas de prix connu." in shown
    assert "5 000 000" in client.get("/gmao/figures/replacement?q=" + row(ids[0]).code).text.replace(
        "\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")  # fmt: skip
    assert "Trop peu connus" in shown and ReplacementTable.pilled == "known"
    file = client.get("/gmao/figures/replacement?format=csv").data.decode("utf-8-sig").splitlines()
    assert len(file) == 4 and "Coût de maintenance (sur 20)" in file[0]
    assert client.get(f"/gmao/figures/pieces/{ids[0]}").text.count("Score de remplacement") == 1


@on_both
def test_what_one_facility_has_too_much_does_not_fill_what_another_lacks(country, client):
    with unit_of_work(SYSTEM):
        kind = FacilityType(code="cds", label_en="cds", label_fr="cds", level=3, kind="care")
        db.session.add(kind)
        for code in ("P1A-CDS1", "P1A-CDS2"):
            country[code].type = kind
        add_type("hospital-bed", "Lit")  # the norm: two a health centre
    for _each in range(3):
        piece(country, code="hospital-bed")
    for status in ("functional", ""):
        piece(country, code="hospital-bed", place="P1A-CDS2", login="head", status=status)
    piece(country, code="hospital-bed", place="P1A-CDS2", login="head", state="in_store")
    with acting(SYSTEM):
        (one,) = capacity.gaps(country["P1"])
        assert (one.site.name, one.norm, one.working, one.unknown, one.gap, one.lacking) == ("P1A", 4, 4, 1, 1, 1)
        assert {each.site.name: each.gap for each in capacity.gaps(country["P1A"])} == {"P1A-CDS1": 0, "P1A-CDS2": 1}
        assert [each.gap for each in capacity.gaps(country["P1A-CDS1"])] == [0]
    people.sign_in(client, "head")
    shown = client.get("/gmao/figures/capacity").text
    assert "Il manque quelque chose" in shown and "f.type=Lit" in shown


@on_both
def test_donations_survive_as_the_formula_says(country, client):
    ages = [(3000, None), (2000, 500), (1500, None), (700, 100)]
    for age, gone in ages:
        id = told(piece(country, donor="Coopération", status=""), (age, "functional"), in_service_on=days_ago(age))
        if gone:
            with unit_of_work(SYSTEM):
                row(id).state = "disposed"
                db.session.add(Step(entity="gmao.equipment", entity_id=id, action="propose_disposal",
                                    source="in_service", target="disposal_proposed", user_label="test",
                                    at=moment(days_ago(age - gone), time(12))))  # fmt: skip
    told(piece(country, donor="Coopération", status=""), (900, "functional"), (600, "not_functional"),
         in_service_on=days_ago(900))  # fmt: skip
    told(piece(country, donor="Coopération", status=""), (90, "unserviceable"), in_service_on=days_ago(400))
    piece(country, donor="Coopération")  # since when nobody knows
    piece(country, donor="", in_service_on=days_ago(900))
    with acting(SYSTEM):
        (gift,) = donors.gifts(country["P1A"])
        assert donors.gifts(country["P2A"]) == []
    lives = [(3000, False), (500, True), (1500, False), (100, True), (300, False), (310, True)]
    assert gift.after == tuple(survival.curve(lives).after(years) for years in (1, 3, 5))
    assert (gift.counted, gift.ended, gift.left_out) == (6, 3, 1)
    people.sign_in(client, "tech")
    shown = client.get("/gmao/figures/donations").text
    assert "f.donor=Coop" in shown and Fraction(gift.after[0].share) < 1
