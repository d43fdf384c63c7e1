"""Hostile words in every kind of file, for every list: an answer in words at line and field, and never markup."""

import csv
import io
import json

import openpyxl
import pytest

from core.contract.plugins import entities
from core.data.access import Access, acting
from core.users.demo import PASSWORD
from tests import make as people
from tests.elmis.test_hostile_words import MARK, WORDS

pytestmark = pytest.mark.slow
MORE = [
    "\x00",
    "\ud83d\ude00" * 40,
    "1,000",
    "2026-10-31T99:99",
    "'=1+1",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "é" * 300,
    "‰Ã©",
]


def as_csv(heads, rows):
    """Return the rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode("utf-8", "replace")


def as_json(heads, rows):
    """Return the rows as JSON."""
    return json.dumps([dict(zip(heads, row, strict=True)) for row in rows]).encode()


def as_xlsx(heads, rows):
    """Return the rows as a spreadsheet, as far as one can hold them."""
    book = openpyxl.Workbook()
    for row in (heads, *rows):
        book.active.append(
            [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell).replace("\ufffe", "")[:32_000] for cell in row]
        )
    for cells in book.active.iter_rows():
        for cell in cells:
            cell.data_type = "s" if cell.value is not None else cell.data_type
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


KINDS = {"csv": as_csv, "json": as_json, "xlsx": as_xlsx}


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_answers_hostile_words_in_every_kind_of_file(demonstration, kind):
    clients = {login: demonstration.test_client() for login in ("admin", "rh")}
    for login, client in clients.items():
        people.sign_in(client, login, PASSWORD)
    importable = [entity for entity in entities_of(demonstration) if entity.importer]
    assert len(importable) >= 5
    for entity in importable:
        client = clients["rh" if entity.name.startswith("hr.") else "admin"]  # files of people are of their profession
        with demonstration.test_request_context("/"), acting(Access.system("test")):
            sample = entity.importer.sample()
        heads, words = list(sample), [each.encode("utf-8", "replace").decode() for each in (*WORDS, *MORE)]
        rows = [[word if place == n % len(heads) else text for place, text in enumerate(sample.values())]
                for n, word in enumerate(words)]  # fmt: skip
        rows += [[word] * len(heads) for word in words]
        answer = send(client, entity.name, KINDS[kind](heads, rows), f"{MARK}=alert(1)>.{kind}")
        assert answer.status_code == 302, (entity.name, answer.text[-300:])
        page = client.get(address := answer.headers["Location"])
        assert page.status_code == 200 and MARK not in page.text, entity.name
        looked = client.post(address, data=chosen(heads))
        assert looked.status_code in (200, 302, 422) and MARK not in looked.text, (entity.name, looked.status_code)
        result = client.get(address.removesuffix("/columns"), follow_redirects=True)
        assert result.status_code == 200 and MARK not in result.text, entity.name


def entities_of(app):
    """Return the entities of an application."""
    with app.app_context():
        return list(entities())


def chosen(heads):
    """Return the form of the columns as the headings say it."""
    return {f"column_{number}": head for number, head in enumerate(heads)} | {
        "dates": "dmy",
        "decimals": ",",
        "_key": "k" * 36,
    }


def send(client, entity, data, name):
    """Send a file on the page."""
    return client.post(f"/imports/new/{entity}", data={"file": (io.BytesIO(data), name)})


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "tsv", "txt"])
def test_damaged_files_of_every_kind_are_answered(demonstration, kind):
    """Every file is cut, doubled and spoilt at many places: a refusal on the form, or the next step, never a crash."""
    client = demonstration.test_client()
    people.sign_in(client, "admin", PASSWORD)
    whole = KINDS.get(kind, as_csv)(["code", "name_fr"], [[f"X{n}", f"Produit {n} é"] for n in range(30)])
    spoilt = [whole[:cut] for cut in range(0, len(whole), max(len(whole) // 8, 1))]
    spoilt += [
        whole[:at] + bad + whole[at + 3 :]
        for at in range(5, len(whole), len(whole) // 6)
        for bad in (b"\x00", b"\xff\xfe", b'"')
    ]
    spoilt += [whole * 2, b"\xff" + whole, whole[::-1]]
    for number, data in enumerate(spoilt):
        answer = send(client, "elmis.product", data, f"list.{kind}")
        assert answer.status_code in (302, 422), (number, answer.status_code)
        assert "Traceback" not in answer.text
