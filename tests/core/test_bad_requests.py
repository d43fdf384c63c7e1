"""What no page sends: an answer in words and never a 500, whatever stands in addresses, bodies and headers."""

import re

import pytest
from sqlalchemy.exc import DBAPIError

from core.data.db import db
from core.web import sending
from core.web.forms import Form, Lines, QuantityField, SubForm
from tests import make
from tests.statements import sql


@pytest.fixture
def browser(client, world):
    make.sign_in(client, "admin")
    return client


@pytest.mark.whole
def test_a_number_that_no_database_holds_is_no_page(browser, app):
    rules = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule]
    tried = [(rule, 2**63) for rule in rules] + [(rules[0], "9" * 5000)]
    for rule, huge in tried:
        path = re.sub(r"<\w+>", "x", re.sub(r"<int:\w+>", str(huge), rule.rule))
        for method in rule.methods & {"GET", "POST"}:
            answer = browser.open(path, method=method)
            assert answer.status_code == 404, (method, path[:80], answer.status_code)
    assert len(tried) > (70 if "orders" in app.blueprints else 12)


@pytest.mark.whole
@pytest.mark.parametrize("huge", ["9" * 19, "9" * 20, "9" * 5000, "-1", "²", "١٢"])
def test_a_number_in_a_query_that_is_none_counts_nothing(browser, app, huge):
    names = ("facility", "at", "under", "parent", "page", "size", "line", "store", "days", "user_id", "month")
    pages = ["/facilities/", "/users", "/journal", "/facilities/new"]
    pages += (
        ["/elmis/stock/", "/elmis/requisitions/", "/elmis/orders/", "/elmis/catalogue/"]
        if "elmis.stock" in str(app.url_map)
        else []
    )
    for page in pages:
        answer = browser.get(page, query_string=dict.fromkeys(names, huge), follow_redirects=True)
        assert answer.status_code in {200, 404}, (page, answer.status_code)


def test_the_number_of_a_line_may_be_as_long_as_it_likes(app):
    class Line(SubForm):
        quantity = QuantityField("Quantité")

    class Sheet(Form):
        lines = Lines(Line, "Lignes")

    data = {f"lines-{'9' * 5000}-quantity": "1", "lines-0-quantity": "2"}
    with app.test_request_context("/", method="POST", data=data):
        form = Sheet()
        assert form.validate() and [line["quantity"] for line in form.lines.data] == [2]


@pytest.mark.parametrize(("kind", "status"), [
    ("application/json", 400), ("text/plain", 415), ("application/xml", 415), ("", 415),
])  # fmt: skip
def test_only_forms_are_read(browser, world, kind, status):
    place = world["P1"]
    sent = '{"name": "\\ud800", "_key": "k"}'
    answer = browser.post(f"/users/{world.users['nobody']}/edit", data=sent, content_type=kind)
    assert answer.status_code == status, kind
    assert place.name == "P1"


def test_a_part_without_a_name_or_with_half_a_letter_is_refused(browser):
    def sent(head):
        return f"--b\r\nContent-Disposition: form-data{head}\r\n\r\nx\r\n--b--\r\n".encode("utf-8", "surrogatepass")

    for head in ("", "; filename=a.csv", '; name="\ud800"', "; name=\"file\"; filename*=UTF-8''%ED%A0%80.csv"):
        for path in ("/users/new", "/imports/new/core.facility"):
            answer = browser.post(path, data=sent(head), content_type="multipart/form-data; boundary=b")
            assert answer.status_code in {400, 422}, (head, answer.status_code)
    for body in (b"name=%ED%A0%80", b"%ED%A0%80=x", b"name=\xff", b"%00=%00"):
        answer = browser.post("/users/new", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {400, 422}, body


@pytest.mark.parametrize("name", ["a" * 300, "é" * 200, "a" * 300 + "/b.css", "%00", "..%2f" * 100])
def test_a_long_name_of_a_built_file_is_no_page(browser, name):
    for coding in ("", "br, gzip"):  # packed files are looked for first
        assert browser.get(f"/static/{name}", headers={"Accept-Encoding": coding}).status_code in {400, 404}


def test_one_key_on_two_forms_is_refused(browser, world):
    """The same contents sent elsewhere are something else."""
    nobody, auditor = world.users["nobody"], world.users["auditor"]
    sent = {"_key": "same", "name": "Nom", "email": "", "phone": "", "facility_id": "BI"}
    assert browser.post(f"/users/{nobody}/edit", data=sent).status_code == 302
    assert browser.post(f"/users/{auditor}/edit", data=sent).status_code == 422
    assert world.user("auditor").name == "Auditor"
    assert browser.post(f"/do/core.user.close/{nobody}", data={"_key": "act"}).status_code == 302
    browser.post(f"/do/core.user.close/{auditor}", data={"_key": "act"})
    db.session.expire_all()
    assert world.user("auditor").active


def test_exports_are_kept_by_no_cache(browser):
    assert browser.get("/users?format=csv").headers["Cache-Control"] == "no-store"


def test_what_people_typed_stays_out_of_the_logs_of_the_database(app):
    with pytest.raises(DBAPIError) as error:
        db.session.execute(sql("SELECT name FROM nowhere WHERE name = :name"), {"name": "Ndayizeye"})
    db.session.rollback()
    assert "nowhere" in str(error.value) and "Ndayizeye" not in str(error.value)


@pytest.mark.parametrize(("body", "form"), [
    ('{"name": "A", "active": true, "left": null, "off": false}', [("name", "A"), ("active", "y")]),
    ('{"lines": [{"quantity": 1200}, {"quantity": 7}]}', [("lines-0-quantity", "1200"), ("lines-1-quantity", "7")]),
    ('{"price": 1.125, "more": 12.5}', [("price", "1,1250"), ("more", "12,5")]),
    ('{"names": ["a", "b"]}', [("names", "a"), ("names", "b")]),
])  # fmt: skip
def test_a_json_object_is_the_form_it_stands_for(body, form):
    assert list(sending.form_of(body.encode(), "k").items(multi=True)) == [*form, ("_key", "k")]


@pytest.mark.parametrize("body", [
    "", "[]", "7", '{"a": NaN}', '{"a": "\\ud800"}', '{"a": ' * 2000 + "1" + "}" * 2000, '{"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}',
    '{"a": [' + "1," * 50_001 + "1]}", '{"a": 1e999999999}', '{"a": -1e-999999999}', '{"a": 1' + "0" * 5000 + "}",
])  # fmt: skip
def test_a_body_that_stands_for_no_form_is_refused(body):
    with pytest.raises(ValueError):  # noqa: PT011 (whatever is wrong with it)
        sending.form_of(body.encode(), "k")
