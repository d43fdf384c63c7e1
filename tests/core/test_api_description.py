"""The description of the interface: valid, whole, and true of what is answered."""

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from core.api.reading import path_of
from core.web.forms import Form, class_of
from core.web.sending import API
from tests import make
from tests.programs import program


def described(app, language="en"):
    answer = app.test_client().get(f"{API}/openapi.json", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.json


def judge(document, schema):
    """Return the validator of a part of a description."""
    whole = Resource.from_contents(document, default_specification=DRAFT202012)
    return Draft202012Validator(
        {"$ref": f"urn:all#{schema}"}, registry=Registry().with_resource("urn:all", whole)
    )  # fmt: skip


@pytest.mark.whole
def test_the_description_is_openapi_and_says_every_entity_and_every_verb(app):
    document = described(app)
    validate(document)
    paths, verbs = document["paths"], 0
    for entity in app.extensions["amagara.entities"]:
        assert f"/{entity.name}" in paths
        assert (f"/{entity.name}/{{id}}" in paths) is (entity.name not in ("elmis.balance", "elmis.placing"))
        for verb in entity.verbs:
            assert paths[path_of(verb).removeprefix(API)].keys() == {"get", "post"}, verb.name
            verbs += 1
    names = [each["operationId"] for path in paths.values() for each in path.values()]
    assert verbs > 90 and len(set(names)) == len(names)


@pytest.mark.whole
def test_every_form_of_a_verb_says_its_class(app):
    silent = [
        verb.name
        for entity in app.extensions["amagara.entities"]
        for verb in entity.verbs
        if verb.form is not None and class_of(verb.form) is Form
    ]
    assert silent == [], "a function that makes a form says which: its fields are described by the class"


@pytest.mark.whole
def test_every_example_fits_what_is_described(app):
    document = described(app)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for example in (content or {}).get("schema", {}).get("examples", ()):
                where = f"/paths/{path.replace('/', '~1')}/{method}/requestBody/content/application~1json/schema"
                judge(document, where).validate(example)


def test_the_description_speaks_french_unless_english_is_asked_for_and_holds_nothing_stored(app, world):
    french, english = (described(app, language) for language in ("", "en"))
    summaries = [each["paths"]["/core.facility/{id}/rename"]["post"]["summary"] for each in (french, english)]
    assert summaries == ["Renommer", "Rename"]
    assert "P1A-CDS1" not in str(french) and "P1A-DEPOT" not in str(english)


def test_answers_are_as_they_are_described(app, world):
    document, asks = described(app), program(app, world, "admin")
    for entity in app.extensions["amagara.entities"]:
        page = asks.get(entity.name).json
        where = f"/paths/~1{entity.name}/get/responses/200/content/application~1json/schema"
        judge(document, where).validate(page)
        for item in page["items"][:2]:
            judge(document, f"/components/schemas/{entity.name}.whole").validate(asks.get(item["ref"]).json)
    problem = judge(document, "/components/schemas/Problem")
    for answer in (asks.get("core.facility?x=1"), asks.get("nothing"), asks.do("core.facility/create", {"a": 1})):
        problem.validate(answer.json)
    done = asks.do(f"core.user/{world.users['nobody']}/close")
    judge(document, "/components/schemas/Answer").validate(done.json)
    judge(document, "/components/schemas/Asked").validate(asks.get(f"core.facility/{world.ids['P1A']}/change").json)


def test_people_read_it_on_pages_of_their_own(app, client, world):
    assert client.get("/api/").status_code == 302
    make.sign_in(client, "nobody")
    shown = client.get("/api/").text
    assert "/api/entities/core.facility" in shown
    page = client.get("/api/entities/core.facility").text
    assert "POST /api/v1/core.facility/{id}/rename" in page and "f.population.from" in page
    assert "seule sa page" in client.get("/api/entities/core.role").text
    assert client.get("/api/entities/core.colour").status_code == 404
