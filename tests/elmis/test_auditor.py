"""The auditor of the demonstration: one entry an act, in words, and every document that the journal names."""

import re

import pytest

from core.users.demo import PASSWORD
from tests import make as people

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
ENTRY = re.compile(r'<tr class="top">(.*?)</tr>', re.S)
LINK = re.compile(r'href="(/[^"#]+)"')


@pytest.fixture(scope="module")
def auditor(demonstration):
    """Return the auditor's browser, after a storekeeper and the administrator have done something."""
    browser, admin = demonstration.test_client(), demonstration.test_client()
    people.sign_in(admin, "admin", PASSWORD)
    admin.post("/users/2/sessions/end")
    admin.post("/system/core.anchor/run")
    people.sign_in(browser, "auditeur", PASSWORD)
    return browser


def entries(browser, pages=4, **asked):
    """Return the entries of the first pages of the journal."""
    found, address = [], "/journal"
    for _n in range(pages):
        text = browser.get(address, query_string=asked).text
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


def test_the_auditor_filters_by_person_place_kind_act_and_day(auditor):
    text = auditor.get("/journal", query_string={"person": "auditeur"}).text
    assert ENTRY.findall(text) and all("Pascal Ntahomvukiye" in entry for entry in ENTRY.findall(text))
    text = auditor.get("/journal", query_string={"action": "sign-in"}).text
    assert ENTRY.findall(text) and "connecté" in text
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
