"""Hostile words in every field of every form: an answer in words, never a crash, and never markup on any page."""

from uuid import uuid4

import pytest

from core.users.demo import PASSWORD
from tests import make as people
from tests.pages import Forms, kind, walk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
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


@pytest.mark.parametrize("login", ["admin", "magasinier", "depot", "district", "camebu"])
def test_every_form_answers_hostile_words(demonstration, login):
    client = demonstration.test_client()
    people.sign_in(client, login, PASSWORD)
    for address, page in list(walk(client)):
        for target, form, free in new_forms(address, page.text):
            for words in WORDS:
                data = form.data() | dict.fromkeys(free, words) | {"_key": str(uuid4())}
                answer = client.post(target, data=data)
                assert answer.status_code < 500, (target, words[:30], answer.status_code)
                assert MARK not in answer.text, (target, words[:30])
    assert len(TRIED) > 3
    for address, page in walk(client):
        assert MARK not in page.text, address
