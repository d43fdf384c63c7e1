"""Hostile words in every field of every form: an answer in words, never a crash, and never markup on any page."""

from collections import Counter
from urllib.parse import quote
from uuid import uuid4

import pytest

from core.users.demo import PASSWORD
from tests import make as people
from tests.pages import Forms, foreign, kind, walk

pytestmark = pytest.mark.slow
MARK = "<img src=x onerror"
WORDS = [
    f'"\'>{MARK}=alert(1)>', "{{ 7*7 }}${7*7}", "'; DROP TABLE core_user; --", "A" * 6000, "\u202e\u0007\ufffe é \N{ZERO WIDTH SPACE}",
    "-1", "99999999999999999999", "1e400", "0x10", "12,5", "31/02/2026", "0000-00-00", "9999-12-31", "=HYPERLINK(1)", " ",
]  # fmt: skip
TRIED: set[str] = set()  # forms that were tried, as whoever saw them first


def new_forms(address, text):
    """Yield (where it is sent, form, names of its free fields) of the forms that were not tried yet."""
    for form in Forms(text).found:
        target = form.action or address
        free = [one.name for one in form.inputs.values() if one.free]
        if form.post and free and kind(target) not in TRIED:
            TRIED.add(kind(target))
            yield target, form, free


def marked(answer):
    """Return whether the words of somebody became a part of a page; a paper is none."""
    return answer.mimetype == "text/html" and MARK in answer.text


ASKED = ("q", "sort", "cols", "page", "size", "view", "month", "facility", "at", "next", "format", "since", "before")
HEARD: set[str] = set()  # kinds of pages that were asked for so
FEW = (WORDS[0], "9" * 20, "\ud7ff\x00;'", "%ff%00", "-1")


def ask_for(client, address):
    """Ask for a page with hostile words in its address and in every name of its query."""
    bare, _mark, query = address.partition("?")
    if kind(bare) in HEARD:  # by whoever came first: a view reads its address alike for all
        return
    HEARD.add(kind(bare))
    names = {*ASKED, *(pair.partition("=")[0] for pair in query.split("&") if pair)}
    for words in FEW:
        hostile = [client.get(bare, query_string=dict.fromkeys(names, words)), client.get(f"{bare}/{quote(words)}")]
        for answer in hostile:
            assert answer.status_code < 500, (bare, words[:30], answer.status_code)
            assert not marked(answer), (bare, words[:30])


def hide_in(client, target, form):
    """Send a form with hostile words in its hidden fields and names, and bodies that no form sends."""
    for words in FEW:
        for data in (dict.fromkeys(form.data(), words), form.data() | {words: words, f"{words}-0-x": words}):
            answer = client.post(target, data=data)
            assert answer.status_code < 500, (target, words[:30], answer.status_code)
            assert not marked(answer), (target, words[:30])
    for body, mimetype, status in (
        (b'{"a": "\\ud800"}', "application/json", 400), (b"[1]", "application/json", 400), (b"<a/>", "text/xml", 415),
        (b"\xff", "text/plain", 415),
    ):  # fmt: skip
        assert client.post(target, data=body, content_type=mimetype).status_code == status, (target, mimetype)


def said(text):
    """Return what a French page says in English or in codes, save what another person of this test has typed."""
    return [
        words for words in foreign(text) if not any(hostile.strip() in words for hostile in WORDS if hostile.strip())
    ]


PEOPLE = ["admin", "magasinier", "depot", "district", "camebu"]


@pytest.mark.timeout(1800)
def test_every_form_answers_hostile_words_and_no_page_takes_them_for_markup(demonstration):
    """Everybody sends what nobody sent before him; afterwards each kind of page is read once by who comes to it."""
    clients, met = {}, Counter()
    for login in PEOPLE:
        clients[login] = demonstration.test_client()
        people.sign_in(clients[login], login, PASSWORD)
        answer_hostile_words(clients[login])
    assert len(TRIED) > 3
    for client in clients.values():
        for address, page in walk(client, met):
            assert MARK not in page.text, address


def answer_hostile_words(client):
    """Send hostile words to every page and form of a person, whose pages are French before that."""
    pages = list(walk(client))
    english = {at: found for at, page in pages if not at.startswith("/journal") and (found := said(page.text))}
    assert english == {}  # what French pages say in English, or in codes of the program
    for address, page in pages:
        ask_for(client, address)
        for target, form, free in new_forms(address, page.text):
            hide_in(client, target, form)
            for words in WORDS:
                data = form.data() | dict.fromkeys(free, words) | {"_key": str(uuid4())}
                answer = client.post(target, data=data)
                assert answer.status_code < 500, (target, words[:30], answer.status_code)
                assert not marked(answer), (target, words[:30])
