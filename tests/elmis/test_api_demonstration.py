"""The interface for programs over the demonstration: what is answered is as described, and costs no more than pages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.api.reading import path_of
from core.api.tokens import services
from core.contract.plugins import permissions
from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from core.users.accounts.models import User
from core.users.demo import PASSWORD
from core.users.rights.access import access_of
from core.web.derived import table_of
from core.web.sending import API
from tests import make
from tests.core.test_api_description import described, judge
from tests.programs import Program
from tests.statements import statements

pytestmark = pytest.mark.slow


@pytest.fixture
def asks(demonstration):
    """Return a function that gives a program of a person."""

    def of(login):
        with unit_of_work(Access.system("test")):
            person = db.session.scalars(select(User).where(User.login == login)).one()
            held = {right for right, _path in access_of(person, permissions()).grants}
            token = services.make(person, "test", held, None, today() + timedelta(days=1))
        return Program(demonstration, token)

    return of


@pytest.mark.parametrize("login", ["admin", "magasinier"])
def test_every_row_is_as_it_is_described_with_all_its_columns(demonstration, asks, login):
    document, program, seen = described(demonstration), asks(login), 0
    for entity in demonstration.extensions["amagara.entities"]:
        with demonstration.test_request_context():
            db.session().info["access"] = Access.system("test")
            columns = ",".join(each.name for each in table_of(entity)().every())
        page = program.get(f"{entity.name}?fields={columns}")
        if page.status_code == 403:
            continue
        judge(document, f"/paths/~1{entity.name}/get/responses/200/content/application~1json/schema").validate(
            page.json
        )
        for item in [each for each in page.json["items"] if "ref" in each][:2]:
            whole = program.get(item["ref"])
            assert whole.status_code == 200, (item["ref"], whole.text)
            judge(document, f"/components/schemas/{entity.name}.whole").validate(whole.json)
            seen += 1
    assert seen > 30


def test_every_verb_says_what_it_asks_and_takes_the_form_of_its_example(demonstration, asks):
    """Nothing of an example is unknown or of another kind; what a service then refuses is its own."""
    document, program, seen = described(demonstration), asks("admin"), 0
    for entity in demonstration.extensions["amagara.entities"]:
        for verb in entity.verbs:
            rows = [None] if verb.on is None else program.get(f"{verb.on.__entity__}?size=25").json.get("items", [])
            for row in rows[:1]:
                path = path_of(verb).removeprefix(f"{API}/").replace("{id}", str(row and row["id"]))
                asked = program.get(path)
                assert asked.status_code in (200, 403, 409), (verb.name, asked.text)
                if asked.status_code == 200:
                    judge(document, "/components/schemas/Asked").validate(asked.json)
                where = document["paths"][path_of(verb).removeprefix(API)]["post"]["requestBody"]
                schema = where["content"]["application/json"]["schema"]
                example = schema.get("examples", [{}])[0]  # where the fields depend on the row, a GET gives them
                done = program.do(path, example, **{"If-Match": "*"})
                assert done.status_code in (200, 403, 404, 409, 422), (verb.name, example, done.text)
                told = str(done.json.get("errors", ""))
                assert "another form" not in told and "no such field" not in told, (verb.name, told)
                seen += 1
    assert seen > 70


PAGES = {
    "core.facility": "/facilities/", "core.user": "/users", "elmis.product": "/elmis/catalogue/",
    "elmis.lot": "/elmis/catalogue/lots", "elmis.policy": "/elmis/catalogue/policies",
    "elmis.requisition": "/elmis/requisitions/", "elmis.order": "/elmis/orders", "elmis.shipment": "/elmis/shipments",
    "elmis.receipt": "/elmis/receipts", "elmis.transfer_request": "/elmis/transfer-requests/",
    "elmis.recall": "/elmis/recalls/", "elmis.route": "/elmis/settings/ways",
}  # fmt: skip


@pytest.mark.parametrize("login", ["magasinier", "depot", "admin"])
def test_a_list_of_fifty_asks_no_more_statements_than_its_page(demonstration, asks, login):
    program, client = asks(login), demonstration.test_client()
    make.sign_in(client, login, PASSWORD)
    client.get("/"), program.get("")
    compared = 0
    for name, address in PAGES.items():
        with statements() as by_page:
            shown = client.get(address)
        with statements() as by_program:
            told = program.get(name)
        if shown.status_code == told.status_code == 200:
            assert len(by_program) <= len(by_page), (name, by_program)
            compared += 1
    assert compared > 5
