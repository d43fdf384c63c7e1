"""Hostile words in every field of every form: an answer in words, never a crash, and never markup on any page."""

import re
from collections import deque
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from core.users.demo import PASSWORD
from tests import make as people

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
MARK = "<img src=x onerror"
WORDS = [
    f'"\'>{MARK}=alert(1)>', "{{ 7*7 }}${7*7}", "'; DROP TABLE core_user; --", "A" * 6000, "\u202e\u0007\ufffe é \N{ZERO WIDTH SPACE}",
    "-1", "99999999999999999999", "1e400", "0x10", "12,5", "31/02/2026", "0000-00-00", "9999-12-31", "=HYPERLINK(1)", " ",
]  # fmt: skip
LINK = re.compile(r'href="(/[^"#]*)')
PASSED_OVER = re.compile(r"format=|\.pdf|/paper|/sign-out|/static/|/template|refusals|\.js$|\.css$")
TRIED: set[str] = set()  # forms that were tried, as whoever saw them first
FREE = {"text", "search", "date", "number", "email", "tel", "password", "url", None}


class Forms(HTMLParser):
    """The forms of a page: where they are sent, what they hold, which fields are free."""

    def __init__(self, text):
        super().__init__()
        self.found, self.choice = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Take down a form or a field of the last one."""
        given = dict(attributes)
        name, form = given.get("name"), self.found[-1] if self.found else None
        if tag == "form":
            self.found.append(
                {"post": given.get("method") == "post", "action": given.get("action"), "data": {}, "free": []}
            )
        elif form is None:
            return
        elif tag == "option" and self.choice and (given.get("value") and not form["data"].get(self.choice)):
            form["data"][self.choice] = given["value"]
        elif tag == "select" and name:
            self.choice, form["data"][name] = name, ""
        elif tag == "textarea" or (tag == "input" and given.get("type") in FREE):
            form["free"] += [name] if name else []
        elif tag == "input" and name and (given.get("type") == "hidden" or "checked" in given):
            form["data"][name] = given.get("value") or ""


def kind(address):
    """Return what makes two addresses the same page with other rows."""
    return re.sub(r"\d+|(?<=documents/)[^/?]+", "N", address.split("?")[0])


def new_forms(address, text):
    """Yield (where it is sent, form) of the forms with free fields that were not tried yet."""
    for form in Forms(text).found:
        target = form["action"] or address
        if form["post"] and form["free"] and kind(target) not in TRIED:
            TRIED.add(kind(target))
            yield target, form


def pages(client):
    """Yield (address, text) of a page of each kind, link by link."""
    waiting, seen = deque(["/"]), set()
    while waiting:
        address = waiting.popleft()
        if kind(address) in seen or PASSED_OVER.search(address):
            continue
        seen.add(kind(address))
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.mimetype == "text/html":
            waiting += [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]
            yield address, answer.text


@pytest.mark.parametrize("login", ["admin", "magasinier", "depot", "district", "camebu"])
def test_every_form_answers_hostile_words(demonstration, login):
    client = demonstration.test_client()
    people.sign_in(client, login, PASSWORD)
    for address, text in list(pages(client)):
        for target, form in new_forms(address, text):
            for words in WORDS:
                data = form["data"] | dict.fromkeys(form["free"], words) | {"_key": str(uuid4())}
                answer = client.post(target, data=data)
                assert answer.status_code < 500, (target, words[:30], answer.status_code)
                assert MARK not in answer.text, (target, words[:30])
    assert len(TRIED) > 3
    for address, text in pages(client):
        assert MARK not in text, address
