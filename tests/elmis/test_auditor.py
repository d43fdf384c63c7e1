"""The auditor of the demonstration: one entry an act, in words, and every document that the journal names."""

import re

import pytest

from core.data.access import Access, acting
from core.data.db import today
from core.users.demo import PASSWORD
from tests import make as people

pytestmark = pytest.mark.slow
ENTRY = re.compile(r'<tr class="top">(.*?)</tr>', re.S)
SHOWN = re.compile(r"<(title|h1|dt|dd|th|td|del|ins)\b[^>]*>(.*?)</\1>", re.S)
RAW = re.compile(r"\b[a-z]+_[a-z_]+|\d{4}-\d\d-\d\d|\b(elmis|core)\.|^n° \d+$|[0-9a-f]{8}-[0-9a-f]{4}|/\d+/shipped")
LINK = re.compile(r'href="(/[^"#]+)"')


@pytest.fixture(scope="module")
def auditor(demonstration):
    """Return the auditor's browser, after others have done things, and were refused some."""
    from core.jobs import worker

    browser, admin, keeper, chemist = (demonstration.test_client() for _n in range(4))
    people.sign_in(admin, "admin", PASSWORD)
    admin.post("/do/core.user.end_sessions/2")
    admin.post("/system/core.anchor/run")
    admin.get("/users/2")
    worker.work()
    people.sign_in(keeper, "magasinier", PASSWORD)
    day = f"{today():%d/%m/%Y}"
    for login in ("magasinier", "hopital"):
        store = demonstration.test_client()
        people.sign_in(store, login, PASSWORD)
        first = store.get("/elmis/store/articles").json["results"][0]["value"]
        chosen = re.search(r'name="store".*?value="(\d+)"', store.get("/elmis/store/new/dispense").text, re.S)
        slip = {"lines-0-product": first, "lines-0-quantity": "2", "occurred_on": day}
        slip |= {"store": chosen[1]} if chosen else {}
        assert store.post("/elmis/store/new/dispense", data=slip).status_code == 302
    sheet = keeper.post("/elmis/counts/", data={"what": "tracers"}).location
    keeper.post(sheet.replace("/elmis/counts", "/do/elmis.count.cancel"), data={"reason": "mauvaise armoire"})
    assert keeper.get("/users/2").status_code == 403
    people.sign_in(chemist, "camebu", PASSWORD)
    lot = re.search(r"/elmis/catalogue/lots/\d+", chemist.get("/elmis/catalogue/lots").text)[0]
    assert chemist.post(f"{lot}/recall", data={"reason": "particules"}).status_code == 302
    demonstration.extensions["amagara.notes"].drain()
    people.sign_in(browser, "auditeur", PASSWORD)
    return browser


def acts(browser):
    """Yield (address, text of the main part) of the pages of each act, of a long one the first and the last."""
    for entry in entries(browser):
        address = next(link for link in LINK.findall(entry) if link.startswith("/journal/"))
        while address:
            text = browser.get(address).text
            yield address, text[text.index("<main") :]
            older = re.findall(r'<a href="(/journal/[^"]+page=\d+)">\d+</a>', text)  # the neighbours and the last page
            address = older[-1] if older and "page=" not in address else None


def test_no_page_of_the_journal_shows_a_raw_code(auditor, demonstration):
    from core.contract.plugins import entities
    from core.journal.names import labels_of

    with demonstration.test_request_context(), acting(Access.system("test")):
        columns = [(each, name) for each in entities() for name in each.model.__mapper__.columns.keys()]  # noqa: SIM118
        coded = [labels_of(*pair).items() for pair in columns]
    codes = {code for words in coded for code, label in words if code and str(getattr(label, "label", label)) != code}
    raw = set()
    for address, text in acts(auditor):
        for _tag, cell in SHOWN.findall(text):
            said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            if RAW.search(said) or said in codes:
                raw.add(f"{address}: {said[:100]}")
    assert not raw, "\n".join(sorted(raw)[:40])


def entries(browser, pages=4, **asked):
    """Return the entries of the first pages of the journal."""
    found, address = [], "/journal"
    for _n in range(pages):
        text = browser.get(address, query_string=asked or None).text
        found += ENTRY.findall(text)
        older = re.search(r'<a href="([^"]+)" rel="next"', text)
        if older is None:
            break
        address, asked = older[1].replace("&amp;", "&"), {}
    return found


def test_every_document_that_the_journal_names_is_read(auditor):
    links = {link for entry in entries(auditor) for link in LINK.findall(entry)}
    kinds = {re.sub(r"\d+", "N", link) for link in links}
    assert len(kinds) >= 3, kinds
    for link in sorted(links):
        assert auditor.get(link, follow_redirects=True).status_code == 200, link


def test_whatever_has_a_page_has_it_for_the_auditor_too(demonstration):
    from core.contract.plugins import entities

    named = [each.endpoint for each in entities() if each.endpoint]
    rights = {name: demonstration.view_functions[name].permission for name in named}
    assert not {name: right for name, right in rights.items() if right and not right.endswith(".view")}


def test_the_number_of_any_paper_opens_it(auditor):
    names = re.compile(r"\b(?:CMD|BL|PV|RQ|INV|RP)-2026-\d{5}")
    numbers = set(names.findall("".join(entries(auditor))))
    for number in sorted(numbers | {"BL-2026-00002", "PV-2026-00002", "RQ-2026-00001", "CMD-2026-00001"}):
        answer = auditor.get("/search", query_string={"q": number.lower()})
        assert answer.status_code == 302, number
        assert number in auditor.get(answer.location).text
    both = auditor.get("/search", query_string={"q": "BD-2026-00001"})  # each facility counts its slips for itself
    ways = re.findall(r'href="(/elmis/store/documents/BD-2026-00001\?facility=\d+)"', both.text)
    assert len(ways) == 2 and "CDS" in both.text and "Hôpital" in both.text
    assert all("BD-2026-00001" in auditor.get(way).text for way in ways)


def test_the_auditor_filters_by_person_place_kind_act_and_day(auditor):
    text = auditor.get("/journal", query_string={"person": "auditeur"}).text
    assert ENTRY.findall(text) and all("Pascal Ntahomvukiye" in entry for entry in ENTRY.findall(text))
    text = auditor.get("/journal", query_string={"action": "sign-in"}).text
    assert ENTRY.findall(text) and all("Connexion" in entry for entry in ENTRY.findall(text))
    wrong = auditor.get("/journal", query_string={"person": "personne-de-ce-nom"})
    assert wrong.status_code == 200 and not ENTRY.findall(wrong.text) and "personne-de-ce-nom" in wrong.text
    for asked in ({"facility": "CDS-KAYANZA-01"}, {"entity": "elmis.movement"}, {"since": "01/01/2020"}):
        assert auditor.get("/journal", query_string=asked).status_code == 200
    assert not ENTRY.findall(auditor.get("/journal", query_string={"until": "01/01/2020"}).text)


def test_the_auditor_starts_the_check_and_sees_what_came_of_it(auditor, demonstration):
    from core.jobs import worker

    started = auditor.post("/journal/verify")
    assert started.status_code == 302 and "/jobs/" in started.location
    assert auditor.get(started.location).status_code == 200
    worker.work()
    assert "tous les sceaux concordent" in auditor.get("/journal").text
