"""Questions: what is unusual is asked at its place, recorded when the person says yes, and the yes is kept."""

import re
from contextlib import contextmanager

import pytest

from core.contract.verbs import Verb
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Doubt
from core.data.trail import AuditEntry
from core.data.work import ask, perform
from core.facilities.models import Facility
from core.web import forms
from core.web.doing import act, submit
from core.web.pages import page
from tests.core.test_forms import Line

pytestmark = pytest.mark.both_databases


class Sheet(forms.Form):
    """A document of lines."""

    name = forms.TextField("Name")
    lines = forms.Lines(Line, "Lines")


def rename(world, *numbers):
    """Return an operation that asks about each number and then writes."""

    def operation():
        for line, number in enumerate(numbers):
            ask("large", f"{number} is much.", about=str(number), field="quantity", line=line)
        world["P1"].name = "Changed"

    return operation


def verb(world, *numbers):
    """Return the verb of such an operation, whatever its form says."""
    operation = rename(world, *numbers)
    return Verb("core.facility.try", "Try", "", lambda **_said: operation(), to=lambda _made: "/done", said="Recorded")


def test_all_questions_of_an_operation_are_asked_at_once_and_nothing_is_recorded(app, world):
    with pytest.raises(Doubt) as doubt:
        perform(rename(world, 900, 901))
    assert [(each.line, each.words) for each in doubt.value.questions] == [(0, "900 is much."), (1, "901 is much.")]
    assert world["P1"].name == "P1"


def test_a_yes_holds_for_these_values_alone_and_stays_in_the_trail(app, world):
    with pytest.raises(Doubt) as doubt:
        perform(rename(world, 900))
    yes = [each.token for each in doubt.value.questions]
    with pytest.raises(Doubt):
        perform(rename(world, 9000), confirmed=yes)
    perform(rename(world, 900), confirmed=yes)
    assert world["P1"].name == "Changed"
    line = db.session.query(AuditEntry).filter_by(entity="core.facility").order_by(AuditEntry.seq.desc()).first()
    assert "900 is much." in line.body


@contextmanager
def sending(app, **values):
    """Stand in a request that sends these values."""
    with app.test_request_context("/", method="POST", data=values), acting(Access.system("test")):
        yield


def test_a_form_asks_at_the_line_and_takes_the_ticks(app, world):
    values = {"name": "x", "lines-0-product": "a", "lines-0-quantity": "900",
              "lines-1-product": "b", "lines-1-quantity": "901", "_key": "k1"}  # fmt: skip
    with sending(app, **values):
        form = Sheet()
        assert submit(form, verb(world, 900, 901)) is None
        assert form.lines.entries[1].form.quantity.questions[0].words == "901 is much."
        assert page("confirm.html", form=form, questions=[], sent=[], answered=[])[1] == 422
        tokens = [each.token for each in form.questions]
    with sending(app, **values, _confirm=tokens[:1]):
        form = Sheet()
        assert submit(form, verb(world, 900, 901)) is None
        assert [each.words for each in form.questions] == ["901 is much."] and form.answered == tokens[:1]
    with sending(app, **values, _confirm=tokens):
        assert submit(Sheet(), verb(world, 900, 901)).status_code == 302
    assert db.session.get(Facility, world.ids["P1"]).name == "Changed"


def test_a_button_leads_to_a_page_that_asks_and_sends_the_same_again(app, world):
    with sending(app, reason="why", _key="k2"):
        body, status = act(verb(world, 900))
    assert status == 422 and "900 is much." in body and 'name="reason" value="why"' in body
    token = re.search(r'name="_confirm" value="(\w+)"', body)[1]
    with sending(app, _key="k2", _confirm=token):
        assert act(verb(world, 900)).status_code == 302
