"""Lists, rows and verbs as programs ask for them."""

from datetime import date

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility, FacilityCode
from core.users.accounts.models import User
from tests import make
from tests.programs import program
from tests.statements import statements

pytestmark = pytest.mark.both_databases
ON = today().isoformat()


@pytest.fixture
def asks(app, world):
    """Return a program that may do all that the administrator may."""
    return program(app, world, "admin")


def names(answer):
    return {each["name"] for each in answer.json["errors"]}


# --- lists


def test_a_list_says_values_as_they_are_stored_and_codes_with_their_words(app, world, asks):
    with unit_of_work(Access.system("test")):
        row = world["P1A-CDS1"]
        row.population, row.opened_on, row.latitude = 12500, date(2001, 5, 1), -3.25
    found = asks.get("core.facility?f.code=P1A-CDS1&fields=code,name,status,population,opened_on,latitude,closed_on")
    id = world.ids["P1A-CDS1"]
    assert found.json["items"] == [
        {
            "ref": f"core.facility/{id}", "id": id,
            "refs": {"type": f"core.facility_type/{world['P1A-CDS1'].type_id}", "parent": f"core.facility/{world.ids['P1A']}"},
            "code": "P1A-CDS1", "name": "P1A-CDS1", "status": {"value": "open", "label": "Operating"},
            "population": 12500, "opened_on": "2001-05-01", "latitude": -3.25, "closed_on": None,
        }
    ]  # fmt: skip
    assert {name: found.json[name] for name in ("total", "page", "pages", "next", "previous")} == {
        "total": 1, "page": 1, "pages": 1, "next": None, "previous": None,
    }  # fmt: skip


def test_words_follow_the_language_that_is_asked_for_and_french_is_the_default(app, world):
    for language, label in (("en", "Operating"), ("fr-BI", "Ouverte"), ("rn", "Ouverte"), ("", "Ouverte")):
        asks = program(app, world, "admin", language=language)
        answer = asks.get("core.facility?size=25")
        assert answer.json["items"][0]["status"]["label"] == label, language
        assert answer.headers["Content-Language"] == ("en" if language == "en" else "fr")


def test_pages_follow_one_another_and_hold_every_row_once(app, world, asks):
    with unit_of_work(Access.system("test")):
        for number in range(40):
            make.facility(f"X{number:02}", "health_centre", world["P1A"])
    seen, address = [], "core.facility?size=25&sort=-code"
    while address:
        answer = asks.get(address).json
        seen += [each["code"] for each in answer["items"]]
        address = answer["next"] and answer["next"].removeprefix("/api/v1/")
    codes = [*db.session.scalars(select(Facility.code))]
    assert len(seen) == len(codes) == answer["total"] and seen == sorted(codes, key=str.lower, reverse=True)
    beyond = asks.get("core.facility?size=25&page=99").json
    assert (beyond["items"], beyond["next"], beyond["pages"]) == ([], None, 3)
    assert beyond["previous"].endswith("page=3")


def test_filters_narrow_as_those_of_the_page(app, world, asks):
    def codes(query):
        return {each["code"] for each in asks.items(f"core.facility?fields=code&{query}")}

    depots = {"CAMEBU", "P1A-DEPOT", "P1B-DEPOT", "P2A-DEPOT", "P2B-DEPOT"}
    kind = str(world["CAMEBU"].type_id)
    assert codes(f"f.type={kind}") == depots
    assert codes(f"f.type={kind}&f.type={world['P1'].type_id}") == depots | {"P1", "P2"}
    assert codes(f"f.type={kind}&under={world.ids['P1']}") == {"P1A-DEPOT", "P1B-DEPOT"}
    assert codes("q=p1a-cds") == {"P1A-CDS1", "P1A-CDS2"}
    assert codes("f.name=P1A&f.status=open") == {"P1A"}
    with unit_of_work(Access.system("test")):
        world["P1"].population, world["P2"].population = 10, 20
    assert codes("f.population.from=10&f.population.to=15") == {"P1"} and codes("f.population.from=15") == {"P2"}


@pytest.mark.parametrize(
    "query, fault, told",
    [
        ("f.colour=red", "f.colour", "f.status"), ("colour=red", "colour", "f.code"), ("f.status=ouvert", "f.status", "open, closed, planned"),
        ("sort=colour", "sort", "name"), ("sort=", "sort", "name"), ("fields=", "fields", "name"), ("page=", "page", "1"), ("size=", "size", "25"), ("size=7", "size", "25, 50"), ("size=x", "size", "25"), ("page=0", "page", "1"), ("page=-1", "page", "1"),
        ("fields=code,colour", "fields", "code"), ("f.opened_on.from=hier", "f.opened_on.from", "2026-11-22"), ("f.population.to=many", "f.population.to", "12.5"),
        ("f.code.from=A", "f.code.from", "f.code"), ("cols=code", "cols", "fields"), ("f.type=99999", "f.type", "1"), ("f.name=%00", "f.name", "–"),
    ],
)  # fmt: skip
def test_what_a_list_does_not_have_is_refused_and_what_there_is_is_told(asks, query, fault, told):
    answer = asks.get(f"core.facility?{query}")
    assert (answer.status_code, answer.mimetype, names(answer)) == (400, "application/problem+json", {fault})
    assert told in answer.json["errors"][0]["message"]


def test_a_list_asks_no_more_statements_than_its_page(app, client, world, asks):
    with unit_of_work(Access.system("test")):
        for number in range(60):
            make.facility(f"X{number:02}", "health_centre", world["P1A"])
    make.sign_in(client, "admin")
    for address in ("facilities/?size=50", "users"):
        client.get(f"/{address}")
        with statements() as by_page:
            assert client.get(f"/{address}").status_code == 200
        path = {"facilities/?size=50": "core.facility?size=50", "users": "core.user?size=50"}[address]
        asks.get(path)
        with statements() as by_program:
            assert asks.get(path).json["items"]
        assert len(by_program) <= min(len(by_page), 8), "\n".join(by_program)


def test_every_list_and_every_column_can_be_read(app, world, asks):
    for entity in app.extensions["amagara.entities"]:
        from core.web.derived import table_of

        with app.test_request_context():
            db.session().info["access"] = Access.system("test")
            columns = [each.name for each in table_of(entity)().every()]
        found = asks.get(f"{entity.name}?fields={','.join(columns)}")
        assert found.status_code == 200, (entity.name, found.text)
        for item in found.json["items"][:3]:
            assert {*columns, "ref", "id", "refs"} == item.keys(), entity.name
            assert asks.get(item["ref"]).status_code == 200


# --- rows


def test_a_row_has_its_lines_its_version_and_what_may_be_done_with_it(app, world, asks):
    id = world.ids["P1A-CDS1"]
    with unit_of_work(Access.system("test")):
        db.session.add(FacilityCode(facility_id=id, scheme="dhis2", value="Abc12345678"))
    answer = asks.get(f"core.facility/{id}")
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    assert [(each["scheme"], each["value"]) for each in answer.json["lines"]["codes"]] == [("dhis2", "Abc12345678")]
    verbs = {each["name"]: each for each in answer.json["verbs"]}
    assert verbs["core.facility.rename"] == {
        "name": "core.facility.rename", "label": "Rename", "asks": True, "address": f"/api/v1/core.facility/{id}/rename",
    }  # fmt: skip
    reader = program(app, world, "auditor", "core.user.view")
    assert reader.get(f"core.facility/{id}").json["verbs"] == []


def test_rows_that_are_not_there_and_those_that_are_hidden_are_alike(app, world, asks):
    local = program(app, world, "admin", "core.user.view", "core.user.edit", place="P1A")
    hidden = local.get(f"core.user/{world.users['auditor']}")
    assert (hidden.status_code, hidden.json["title"]) == (404, asks.get("core.user/99999").json["title"])
    assert local.do(f"core.user/{world.users['auditor']}/close").status_code == 404
    assert [
        asks.get(path).status_code
        for path in ("core.colour", "core.colour/1", "core.facility/0", f"core.facility/{2**63}")
    ] == [404] * 4
    assert asks.get("core.facility/1?fields=code").status_code == 400


# --- verbs


def test_a_verb_says_what_it_asks_for_and_takes_that_back(app, world, asks):
    id = world.ids["P1A-CDS1"]
    asked = asks.get(f"core.facility/{id}/change").json
    assert asked["fields"]["population"] == {
        "type": ["integer", "null"], "minimum": 0, "maximum": 2_000_000_000, "title": "Population",
    }  # fmt: skip
    assert asked["required"] == ["type_id"] and asked["body"]["type_id"] == world["P1A-CDS1"].type_id
    answer = asks.do(f"core.facility/{id}/change", asked["body"] | {"population": 900})
    assert answer.status_code == 200, answer.text
    db.session.expire_all()
    assert world["P1A-CDS1"].population == 900


def test_what_is_not_sent_stays_and_null_empties(app, world, asks):
    id = world.ids["P1A-CDS1"]
    with unit_of_work(Access.system("test")):
        row = world["P1A-CDS1"]
        row.phone, row.population, row.opened_on = "22 22", 500, date(2001, 5, 1)
        db.session.add(FacilityCode(facility_id=id, scheme="dhis2", value="Abc12345678"))

    def change(**body):
        tag = asks.get(f"core.facility/{id}").headers["ETag"]
        answer = asks.do(f"core.facility/{id}/change", body, **{"If-Match": tag})
        assert answer.status_code == 200, answer.text
        db.session.expire_all()
        row = world["P1A-CDS1"]
        return row.phone, row.population, row.opened_on, [(each.scheme, each.value) for each in row.codes]

    kept = [("dhis2", "Abc12345678")]
    assert change(population=900) == ("22 22", 900, date(2001, 5, 1), kept)
    assert change(phone=None, opened_on="2002-01-31") == ("", 900, date(2002, 1, 31), kept)
    assert change(population=None) == ("", None, date(2002, 1, 31), kept)
    assert change(codes=[{"scheme": "x", "value": "1"}]) == ("", None, date(2002, 1, 31), [("x", "1")])
    assert change(codes=[]) == ("", None, date(2002, 1, 31), [])


def test_a_row_that_others_changed_is_left_alone(app, world, asks):
    id = world.ids["P1A-CDS1"]
    path, tag = f"core.facility/{id}/change", asks.get(f"core.facility/{id}").headers["ETag"]
    assert asks.do(path, {"population": 1}).status_code == 428
    assert asks.do(path, {"population": 2}, **{"If-Match": tag}).status_code == 200
    answer = asks.do(path, {"population": 3}, **{"If-Match": tag})
    assert answer.status_code == 412 and asks.get(f"core.facility/{id}").json["population"] == 2
    assert asks.do(f"core.facility/{id}/rename", {"name": "X", "on": ON}, **{"If-Match": tag}).status_code == 412
    assert (
        asks.do(
            path, {"population": 4}, **{"If-Match": f'"other", {asks.get(f"core.facility/{id}").headers["ETag"]}'}
        ).status_code
        == 200
    )
    assert asks.do(path, {"population": 5}, **{"If-Match": "*"}).status_code == 200


def test_a_line_that_others_changed_makes_another_version_too(app, world, asks):
    id = world.ids["P1A-CDS1"]
    before = asks.get(f"core.facility/{id}").headers["ETag"]
    with unit_of_work(Access.system("test")):
        db.session.add(FacilityCode(facility_id=id, scheme="dhis2", value="Abc12345678"))
    assert asks.get(f"core.facility/{id}").headers["ETag"] != before


def test_the_same_key_is_answered_as_before_and_never_does_another_thing(app, world, asks):
    path = f"core.facility/{world.ids['P1A-CDS1']}"
    tag = asks.get(path).headers["ETag"]
    first = asks.do(f"{path}/change", {"population": 7}, "k1", **{"If-Match": tag})
    again = asks.do(f"{path}/change", {"population": 7}, "k1", **{"If-Match": tag})
    assert (again.status_code, again.json) == (first.status_code, first.json) == (200, first.json)
    assert asks.do(f"{path}/change", {"population": 8}, "k1", **{"If-Match": tag}).status_code == 409
    assert asks.do(f"{path}/rename", {"name": "X", "on": ON}, "k1").status_code == 409
    assert (
        asks.do(f"core.facility/{world.ids['P1B']}/change", {"population": 7}, "k1", **{"If-Match": "*"}).status_code
        == 409
    )
    other = program(app, world, "admin")
    assert other.do(f"{path}/rename", {"name": "Muyira", "on": ON}, "k1").status_code == 200  # its own count of keys
    for key in ("a b", "x" * 65, "é"):
        assert asks.do(f"{path}/rename", {"name": "X", "on": ON}, **{"Idempotency-Key": key}).status_code == 400


def test_what_no_field_takes_is_refused_by_its_name(app, world, asks):
    path = f"core.facility/{world.ids['P1A-CDS1']}/rename"
    answer = asks.do(path, {"nom": "X", "on": ON, "path": "/1/", "lines": [{"a": 1}]})
    assert (answer.status_code, names(answer)) == (422, {"nom", "path", "lines-0-a"})
    assert "name" in answer.json["errors"][0]["message"]
    answer = asks.do(path, {"name": 5, "on": f"{today():%d/%m/%Y}", "reason": ["a"]})
    assert names(answer) == {"name", "on", "reason"}
    assert names(asks.do(path, {"_shown": "1", "_key": "x", "csrf_token": "x", "_place": "1"})) == {
        "_shown",
        "_key",
        "csrf_token",
        "_place",
    }
    assert names(asks.do(f"core.user/{world.users['nobody']}/close", {"active": True})) == {"active"}
    db.session.expire_all()
    assert (world["P1A-CDS1"].name, db.session.get(User, world.users["nobody"]).active) == ("P1A-CDS1", True)


def test_a_reference_names_a_row_in_a_body_as_its_code_does(app, world, asks):
    for number, parent in enumerate((f"core.facility/{world.ids['P1B']}", "P1B", f"#{world.ids['P1B']}")):
        body = {
            "type_id": world["P1A-CDS1"].type_id,
            "parent": parent,
            "name": f"N{number}",
            "code": f"N{number}",
            "status": "open",
        }
        answer = asks.do("core.facility/create", body)
        assert answer.status_code == 200, answer.text
        made = asks.get(answer.json["ref"]).json
        assert made["refs"]["parent"] == f"core.facility/{world.ids['P1B']}"


def test_what_pages_guard_by_a_password_no_token_does(app, client, world, asks):
    body = {"role_id": 1, "facility_id": "P1A"}
    answer = asks.do(f"core.user/{world.users['nobody']}/grant", body)
    assert answer.status_code == 403 and "password" in answer.json["detail"]
    assert asks.get(f"core.user/{world.users['nobody']}/grant").status_code == 403
    assert asks.do("core.role/create", {"code": "x", "label_fr": "x", "label_en": "x", "names": []}).status_code == 403
    make.sign_in(client, "admin")
    assert (
        client.get("/tokens/new").status_code == 200
        and asks.client.get("/tokens/new", headers=asks.headers).status_code == 302
    )


def test_nobody_changes_his_own_profile_by_a_token(app, world, asks):
    narrow = program(app, world, "auditor", "core.user.view")
    answer = narrow.do("core.user/change_own", {"email": "thief@example.org"}, **{"If-Match": "*"})
    assert answer.status_code == 403
    db.session.expire_all()
    assert db.session.get(User, world.users["auditor"]).email == ""


@pytest.mark.parametrize(
    "path, method, status",
    [
        ("core.facility/1/fly", "POST", 404), ("core.facility/create", "POST", 422), ("core.facility/1/create", "POST", 404), ("core.facility/rename", "POST", 404),
        ("core.user/1/core.user.close", "POST", 404), ("core.facility", "POST", 405), ("core.facility/1", "DELETE", 405), ("", "PUT", 405), ("nothing/at/all/there", "GET", 404),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said_as_a_problem(asks, path, method, status):
    answer = asks.client.open(
        f"/api/v1/{path}", method=method, headers=asks.headers, json={} if method != "GET" else None
    )
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_no_answer_sets_a_cookie_or_lets_other_sites_read_it(app, world, asks):
    for answer in (asks.get(""), asks.get("core.facility", Origin="https://elsewhere.example"), asks.do(f"core.user/{world.users['nobody']}/close"),
                   asks.client.options("/api/v1/core.facility", headers={"Origin": "https://elsewhere.example"})):  # fmt: skip
        assert "Set-Cookie" not in answer.headers
        assert not [name for name, _value in answer.headers if name.lower().startswith("access-control")]


# --- several at once


def test_several_are_done_each_by_itself_and_each_is_answered(app, world, asks):
    id, other = world.ids["P1A-CDS1"], world.ids["P1B-CDS1"]
    sent = [
        {"verb": "core.facility.rename", "id": id, "body": {"name": "Muyira", "on": ON}, "key": "a"},
        {"verb": "core.facility.rename", "id": other, "body": {"nom": "X"}, "key": "b"},
        {"verb": "core.facility.rename", "id": 99999, "body": {"name": "X", "on": ON}, "key": "c"},
        {"verb": "core.facility.fly", "id": id, "key": "d"},
        {"verb": "core.facility.change", "id": other, "body": {"population": 5}, "key": "e"},
        {"verb": "core.facility.change", "id": other, "body": {"population": 5}, "key": "f", "if_match": asks.get(f"core.facility/{other}").json["version"]},
        {"verb": "core.facility.rename", "id": id, "body": {"name": "Muyira", "on": ON}, "key": "a"},
    ]  # fmt: skip
    answers = asks.do("bulk", sent).json
    assert [(each["key"], each["status"]) for each in answers] == [
        ("a", 200), ("b", 422), ("c", 404), ("d", 404), ("e", 428), ("f", 200), ("a", 200)
    ]  # fmt: skip
    assert answers[0]["answer"] == answers[6]["answer"] and answers[0]["answer"]["ref"] == f"core.facility/{id}"
    assert answers[1]["answer"]["errors"][0]["name"] == "nom"
    db.session.expire_all()
    assert (world["P1A-CDS1"].name, world["P1B-CDS1"].name, world["P1B-CDS1"].population) == ("Muyira", "P1B-CDS1", 5)
    alone = asks.do(f"core.facility/{id}/rename", {"name": "Muyira", "on": ON}, "a")
    assert alone.json == answers[0]["answer"]  # one key, whichever way it came


@pytest.mark.parametrize(
    "sent, status",
    [
        ({}, 400), ([{"verb": "core.user.close", "id": 1}], 422), ([7], 422), ([{"verb": "x", "key": "a", "id": "1"}], 422), ([{"verb": "x", "key": "a", "id": True}], 422),
        ([{"verb": "x", "key": "a\r\nX: y"}], 422), ([{"verb": "x", "key": "2026/1"}], 422), ([{"verb": "x", "key": "a", "if_match": "a\nb"}], 422),
        ([{"verb": "x", "key": "a", "if_match": "\ud810"}], 422), ([{"verb": "x", "key": "a", "more": 1}], 422), ([{"verb": "x", "key": "a"}] * 101, 422), ([], 200),
    ],
)  # fmt: skip
def test_a_sending_of_several_that_cannot_be_does_nothing(asks, sent, status):
    assert asks.do("bulk", sent).status_code == status


def test_several_count_as_several_and_are_judged_by_the_rights_of_each(app, world):
    asks = program(app, world, "admin", "core.facility.edit", place="P1A")
    sent = [
        {"verb": "core.facility.rename", "id": world.ids[code], "body": {"name": "N", "on": ON}, "key": code}
        for code in ("P1A-CDS1", "P1B-CDS1")
    ]
    assert [each["status"] for each in asks.do("bulk", sent).json] == [200, 403]


def test_who_asks_too_often_is_told_when_to_come_back(app, world):
    asks = program(app, world, "auditor", "core.user.view")
    app.extensions["amagara.limits"].most.amount, before = 3, app.extensions["amagara.limits"].most.amount
    try:
        answers = [asks.get("") for _each in range(5)]
    finally:
        app.extensions["amagara.limits"].most.amount = before
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[3].mimetype == "application/problem+json" and 0 < int(answers[3].headers["Retry-After"]) <= 60


def test_who_shows_tokens_that_open_nothing_is_slowed_down_and_holds_up_nobody_else(app, world):
    asks = program(app, world, "auditor", "core.user.view")
    stranger = app.test_client()
    wrong = {"Authorization": "Bearer amg_" + "A" * 43}
    answers = [stranger.get("/api/v1/", headers=wrong) for _each in range(51)]
    assert {each.status_code for each in answers[:50]} == {401} and answers[50].status_code == 429
    assert int(answers[50].headers["Retry-After"]) > 0
    assert asks.get("").status_code == 200


def test_a_section_of_no_name_is_no_section(app, world):
    asks = program(app, world, "admin")
    said = {"sections": [{"position": 2, "shown": True}, {"name": "x", "position": 1, "shown": True}]}
    answer = asks.do("core.user/arrange_home", said)
    assert answer.status_code == 200, answer.text
    db.session.expire_all()
    assert world.user("admin").home == {"order": {"x": 1}, "hidden": []}


@pytest.mark.parametrize("answer", [{"_at": 7}, {"_confirm": [None]}, {"_confirm-" + "a" * 24: 7}, {"_theirs": 1}])
def test_an_answer_of_another_kind_is_refused(asks, world, answer):
    refused = asks.do(f"core.facility/{world.ids['P1A']}/rename", {"name": "N", "on": ON, **answer})
    assert refused.status_code == 422 and names(refused) == set(answer)
