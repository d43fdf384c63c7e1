"""The pages of instruments, calibrations and tests, and the certificate of a test."""

from typing import Any

from flask import Blueprint, g, url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.db import db, today
from core.data.naming import title_of
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.documents import answer, paper
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank
from plugins.gmao.catalogue.models import CLASSES
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.plans.models import limits_of
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.testing.instruments import calibrations_of
from plugins.gmao.testing.limits import CORDS, METHODS, STANDARD
from plugins.gmao.testing.models import KINDS, SAFETY, WHYS, EquipmentTest, Instrument
from plugins.gmao.testing.services import lines_of, may_follow, successor
from plugins.gmao.testing.states import CALIBRATIONS
from plugins.gmao.testing.tables import CalibrationTable, InstrumentTable, TestTable
from plugins.gmao.testing.verbs import ADD, CORRECT_OTHER, OTHER_TEST

TEMPLATES = "gmao/testing/"
bp = Blueprint("gmao_tests", __name__, template_folder="../templates", url_prefix="/gmao/tests")
instruments = Blueprint("gmao_instruments", __name__, url_prefix="/gmao/instruments")
calibrations = Blueprint("gmao_calibrations", __name__, url_prefix="/gmao/calibrations")


def _facts(test: EquipmentTest) -> dict[str, Any]:
    """Return what page and paper show of a test."""
    lines = lines_of(test)
    why = dict.fromkeys(WHYS[line.because] for line in lines if line.because and line.verdict == test.verdict)
    under = (CLASSES.get(test.safety_class or ""), METHODS.get(test.method or ""), CORDS.get(test.cord or ""))
    return {
        "row": test, "lines": lines, "why": list(why), "because": WHYS, "kind": KINDS[test.kind],
        "limits": limits_of,
        "under": [each for each in under if each], "standard": STANDARD if test.kind == SAFETY else "",
        "later": successor(test),
        "earlier": db.session.get(EquipmentTest, test.corrects_id) if test.corrects_id else None,
    }  # fmt: skip


def drawn(test: EquipmentTest) -> Any:
    """Return the page of a test: what was measured, its result and why, what follows from it."""
    return show(test, f"{TEMPLATES}show.html", **_facts(test), proposed=may_follow(test))


def drawn_instrument(row: Instrument) -> Any:
    """Return the page of an instrument with its calibrations."""
    context = {"calibrations": calibrations_of(row), "states": CALIBRATIONS.states, "today": today()}
    return show(row, f"{TEMPLATES}instrument.html", **context)


pages(bp, TestTable, subtitle=_("Electrical safety, performance and acceptance of equipment."), drawn=drawn)
pages(instruments, InstrumentTable, ADD, _("What equipment is tested with, and until when its calibration holds."),
      drawn_instrument)  # fmt: skip
pages(calibrations, CalibrationTable)


@bp.route("/new/<int:id>", methods=["GET", "POST"])
@permission(WORK)
def new(id: int) -> Any:
    """Record a test of performance or acceptance of a piece."""
    return _form(OTHER_TEST, get_or_404(Equipment, id), url_for("equipment.show", id=id))


@bp.route("/<int:id>/correct", methods=["GET", "POST"])
@permission(WORK)
def correct(id: int) -> Any:
    """Put a test of performance or acceptance right."""
    return _form(CORRECT_OTHER, get_or_404(EquipmentTest, id), url_for("gmao_tests.show", id=id))


def _form(verb: Verb, row: Any, cancel: str) -> Any:
    g.menu_endpoint = "gmao_tests.index"
    form = blank(verb, row)
    context = {"form": form, "verb": verb, "cancel": cancel, "name": title_of(row)}
    return submit(form, verb, row.id) or page(f"{TEMPLATES}form.html", **context)


@bp.get("/<int:id>/certificate")
@permission(VIEW)
def certificate(id: int) -> Any:
    """Return the certificate of a test, on A4."""
    test = get_or_404(EquipmentTest, id)
    content = paper(
        f"{TEMPLATES}certificate.html", _("Certificate of a test"), test.number, test.facility.name, **_facts(test)
    )
    return answer(test.number, content)
