"""Forms: what a person types is read or refused in words, and a refusal finds its field."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms.widgets import HiddenInput

from core.data.access import Access, acting
from core.data.errors import Conflict, Invalid, Refused
from core.web import forms, sending


class Line(forms.SubForm):
    """A line of a document."""

    product = forms.TextField("Product", required=True)
    quantity = forms.QuantityField("Quantity", required=True, minimum=1)


class Sample(forms.Form):
    """One field of each kind."""

    name = forms.TextField("Name", max_length=10, required=True)
    note = forms.LongText("Note")
    quantity = forms.QuantityField("Quantity")
    price = forms.MoneyField("Price")
    on = forms.DateField("On")
    month = forms.MonthField("Month")
    kind = forms.ChoiceField("Kind", {"a": "A", "b": "B"}, tiles=True)
    place = forms.FacilityField("Place", kinds=["care"])
    ready = forms.BooleanField("Ready")
    file = forms.FileField("File", types=(".csv",), max_mb=1)
    lines = forms.Lines(Line, "Lines")


def sample(app, **values):
    """Return the form as if the values had been sent."""
    with app.test_request_context("/", method="POST"):
        form = Sample(MultiDict(values))
        form.validate()
    return form


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("name", "  Élise\u0301 ", "Élisé"),
        ("note", "a\r\nb\tc", "a\nb\tc"),
        ("quantity", "1 234", 1234),
        ("quantity", "1\u202f234\u00a0567", 1234567),
        ("quantity", "0", 0),
        ("price", "1 234,5600", Decimal("1234.56")),
        ("price", "0.0001", Decimal("0.0001")),
        ("on", "2026-11-22", date(2026, 11, 22)),
        ("on", "22/11/2026", date(2026, 11, 22)),
        ("on", "1.2.2026", date(2026, 2, 1)),
        ("on", "31122027", date(2027, 12, 31)),
        ("month", "112026", date(2026, 11, 1)),
        ("month", "2026-11", date(2026, 11, 1)),
        ("month", "11/2026", date(2026, 11, 1)),
        ("month", "octobre 2026", date(2026, 10, 1)),
        ("month", "Août 2026", date(2026, 8, 1)),
        ("month", "sept. 2026", date(2026, 9, 1)),
        ("kind", "b", "b"),
        ("kind", "", None),
        ("ready", "y", True),
    ],
)
def test_what_people_type_is_read(app, field, typed, value):
    form = sample(app, **{"name": "x", field: typed})
    assert form.errors == {}
    assert form[field].data == value


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""), ("name", " \u00a0 "), ("name", "x" * 11), ("name", "a\x00b"), ("name", "a\x1bb"),
        ("note", "a\x00"),
        ("quantity", "-1"), ("quantity", "1,5"), ("quantity", "1.000"), ("quantity", "1e5"), ("quantity", "٣"),
        ("quantity", str(10**12 + 1)), ("quantity", "9" * 400), ("quantity", "=1+1"),
        ("price", "-0,01"), ("price", "NaN"), ("price", "Infinity"), ("price", "0,00001"), ("price", "1,234.5"),
        ("price", "1.250"), ("price", "1,000"),
        ("on", "31/02/2026"), ("on", "1899-12-31"), ("on", "2101-01-01"), ("on", "9999999-01-01"), ("on", "demain"),
        ("month", "13/2026"), ("month", "2026"), ("month", "brumaire 2026"), ("kind", "c"), ("place", "nowhere"),
        ("place", "\x00"), ("place", "#99"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words_and_shown_again(app, world, field, typed):
    form = sample(app, **{"name": "x", field: typed})
    assert list(form.errors) == [field]
    assert len(form[field].errors) == 1
    assert form[field].errors[0]
    assert field in ("kind",) or form[field]._value() == typed


@pytest.mark.parametrize("typed", ["P1A-CDS1", "p1a-cds1", "P1A-CDS1 · P1A-CDS1"])
def test_a_facility_is_found_by_its_code_or_name(app, world, typed):
    form = sample(app, name="x", place=typed)
    assert form.errors == {}
    assert form.place.data.id == world.ids["P1A-CDS1"]


def test_a_facility_of_another_kind_is_not_offered(app, world):
    assert sample(app, name="x", place="P1A-DEPOT").place.errors


def test_a_file_is_checked(app):
    for name, content, fault in (("a.csv", b"x", 0), ("a.exe", b"x", 1), ("a.csv", b"", 1), ("a.csv", b"x" * 2**21, 1)):
        form = sample(app, name="x", file=FileStorage(BytesIO(content), name))
        assert len(form.file.errors) == fault, name


def test_blank_lines_are_left_out_and_faults_name_their_line(app):
    sent = {"lines-0-product": "A", "lines-0-quantity": "1", "lines-1-product": " ", "lines-1-quantity": "",
            "lines-4-product": "B", "lines-4-quantity": "-2"}  # fmt: skip
    form = sample(app, name="x", **sent)
    assert [row.product.data for row in form.lines.rows] == ["A", "B"]
    assert "quantity" in form.lines.errors[0]
    form.fault("product", "unknown", line=0)
    assert form.lines.entries[0].form.product.errors == ["unknown"]


def test_a_grid_without_a_line_offers_one_and_may_ask_for_one(app):
    class Strict(forms.Form):
        lines = forms.Lines(Line, "Lines", minimum=1)

    with app.test_request_context("/", method="POST", data={"lines-0-product": ""}):
        form = Strict()
        assert not form.validate()
        assert form.lines.data == []
        assert len(form.lines.entries) == 1
        assert len(form.lines.errors) == 1
        assert form.lines.entries[0].errors == {}
        assert form.lines.blank.product.name == "lines-0-product"


def test_a_refusal_finds_its_field(app):
    form = sample(app, name="x", **{"lines-0-product": "A", "lines-0-quantity": "1"})
    form.refuse(Invalid({"name": "taken", "lines-0-quantity": "too many", "unknown": "elsewhere"}))
    form.refuse(Refused("no stock", field="product", line=0))
    form.refuse(Refused("no line", field="product", line=7))
    form.refuse(Conflict("faster"))
    assert form.name.errors == ["taken"]
    assert form.lines.entries[0].form.quantity.errors == ["too many"]
    assert form.lines.entries[0].form.product.errors == ["no stock"]
    assert form.form_errors[0] == "elsewhere"
    assert form.form_errors[1].endswith("no line")
    assert "8" in form.form_errors[1]
    assert form.form_errors[2] == "faster"
    assert form.lines.errors


def test_the_key_names_a_sending_and_the_digest_its_contents(app):
    with app.test_request_context("/", method="POST", data={"name": "x", "_key": "k-1"}):
        assert Sample().key.data == "k-1"
        first = sending.digest()
    with app.test_request_context("/", method="POST", data={"name": "x", "_key": "k-2"}):
        assert sending.digest() == first
    with app.test_request_context("/", method="POST", data={"name": "y", "_key": "é" * 99}):
        assert sending.digest() != first
        assert len(Sample().key.data) == 36


def test_a_lookup_answers_what_a_person_may_choose(app, world, client):
    from tests import make

    make.sign_in(client, "admin")
    found = client.get("/lookup/core.facility?q=cds1&kinds=care").json["results"]
    assert {each["value"] for each in found} == {"P1A-CDS1", "P1B-CDS1", "P2A-CDS1", "P2B-CDS1"}
    assert client.get("/lookup/core.facility?q=%00%27%25&kinds=x&permission=y").json["results"] == []
    assert client.get("/lookup/nothing?q=a").status_code == 404
    make.sign_in(other := app.test_client(), "nobody")
    assert other.get("/lookup/core.user?q=a").status_code == 404
    with acting(world.access("admin")):
        assert sample(app, name="x", place="P1A-CDS1").place.data.code == "P1A-CDS1"


@pytest.mark.parametrize("sent", [["", "1"], [" ", "1"], ["\ufeff"], ["\ufeff", "1"]])
def test_what_is_required_is_asked_for_where_a_blank_came_first(app, sent):
    """Of a name that is sent twice the first counts; the others made it pass as filled in, with no value."""
    values = [("lines-0-product", "AMOX"), *(("lines-0-quantity", each) for each in sent)]
    values += [("name", each) for each in sent]
    with app.test_request_context("/", method="POST"):
        form = Sample(formdata=MultiDict(values))
        assert not form.validate()
        assert form.name.errors and form.lines.entries[0].form.quantity.errors


def test_a_row_that_the_page_itself_names_is_no_list_to_choose_from(app, world):
    """Script made a box of choices of it, without a label, where nothing is to be seen."""

    class Hidden(forms.Form):
        place = forms.FacilityField("Facility", widget=HiddenInput())

    with app.test_request_context("/"), acting(Access.system("test")):
        drawn = str(Hidden(data={"place": world["P1"]}).place())
        assert 'type="hidden"' in drawn and 'value="P1"' in drawn and "data-combo" not in drawn
        assert "data-combo" in str(Sample().place())


def test_a_field_bears_no_name_of_the_form_itself():
    """One that was called `waits` wrote itself into the head of its form, and made it wait on devices."""
    with pytest.raises(TypeError, match="waits"):
        type("WaitingForm", (forms.Form,), {"waits": forms.TextField("x")})
