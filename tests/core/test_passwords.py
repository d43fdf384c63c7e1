"""Passwords: what is refused and why, one way of writing, stronger hashes in passing."""

import unicodedata

import pytest
from argon2 import PasswordHasher
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from core.data.access import Access
from core.data.db import db
from core.data.errors import Refused
from core.data.work import unit_of_work
from core.users.accounts import invitations
from core.users.signin import passwords
from tests import make

COMMON = FREQUENCY_LISTS["passwords"]
GOOD = [
    "les collines au matin", "une phrase facile", "le chat dort dans la pirogue", "Umwana arakina mu murima",
    "kP9#vt2!xQ7zW", "7#92!4kL9$2x8@", "cinq mangues pour Auditor Pascal", "ééééé tambour lac papier", "日本語のとても長い合言葉です今日は",
]  # fmt: skip
SHORT, KNOWN, COMMONLY = "12", "noms", "deviner"
BAD = {
    "court": SHORT, "éééééé": SHORT, "": SHORT,
    "auditor-auditor": KNOWN, "AUDITOR le bon": KNOWN, "Pascal.Ntaho.2026": KNOWN, "Amagara-Burundi-2026": KNOWN,
    "Ministère de la Santé": KNOWN, "Santé2026Santé!!": KNOWN, "Janvier2026!!": KNOWN, "motdepasse123": KNOWN,
    "Gitega1234567": KNOWN, "Bonjour-2026-2026": KNOWN, "AzErTy123456!": KNOWN, "qsdfghjklmwxcvbn": KNOWN,
    "aaaaaaaaaaaaaaaa": COMMONLY, "iloveyouiloveyou": COMMONLY, "123456789012": COMMONLY,
    "trustno1trustno1": COMMONLY, "abcdefghijklm": COMMONLY, "p@ssw0rdp@ssw0rd": COMMONLY,
    "soleilsoleilsoleil": COMMONLY, "liverpoolliverpool": COMMONLY,
}  # fmt: skip


@pytest.fixture
def pascal(app, world):
    """Return a person with a name, at a place with a name."""
    with unit_of_work(Access.system("test")):
        world["BI"].name = "Gitega"
        world.user("auditor").name = "Pascal Ntaho"
    return world.user("auditor")


def test_the_list_of_common_passwords_is_long():
    assert len(COMMON) >= 10_000


def test_every_common_password_is_refused(pascal, monkeypatch):
    monkeypatch.setattr(passwords, "score", lambda each, words: zxcvbn(each, words)["score"])  # no process for each
    accepted = []
    for password in sorted(each for each in COMMON if len(each) >= passwords.SHORTEST):
        try:
            passwords.check(password, pascal)
            accepted.append(password)
        except Refused:
            pass
    assert accepted == []


@pytest.mark.parametrize("password", GOOD)
def test_sentences_and_random_signs_are_taken(pascal, password):
    passwords.check(password, pascal)


@pytest.mark.parametrize("password, why", BAD.items())
def test_easy_ones_are_refused_on_the_page_in_words(app, pascal, client, password, why):
    make.sign_in(client, "auditor")
    answer = client.post("/password", data={"old": make.PASSWORD, "password": password, "again": password})
    assert answer.status_code == 422 and "error-summary" in answer.text
    if password:
        with pytest.raises(Refused) as refusal:
            passwords.check(password, pascal)
        assert why in str(refusal.value.message) and refusal.value.field == "password"
    make.sign_in(app.test_client(), "auditor")


def test_strength_is_judged_before_the_turn_to_write(app, world, client, monkeypatch):
    turns = []
    monkeypatch.setattr(passwords, "score", lambda *_: turns.append(db.session().info.get("work")) or 4)
    with unit_of_work(Access.system("test")):
        token = invitations.invite(world.users["auditor"])
    sent = {"password": GOOD[0], "again": GOOD[0]}
    assert client.post(f"/welcome/{token}", data=sent).headers["Location"] == "/sign-in"
    make.sign_in(client, "auditor", GOOD[0])
    sent |= {"old": GOOD[0]}
    assert client.post("/password", data=sent).headers["Location"] == "/profile"
    assert turns == [None, None]


def test_one_password_on_two_keyboards(app, world, client):
    composed = unicodedata.normalize("NFC", "forêt élevée près du lac")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    with unit_of_work(Access.system("test")):
        passwords.set_password(world.user("auditor"), passwords.judge(world.user("auditor"), decomposed))
    for typed in (composed, decomposed):
        make.sign_in(app.test_client(), "auditor", typed)


def test_a_long_password_counts_whole(app, world, client):
    long = "une longue phrase de la colline " * 8
    with unit_of_work(Access.system("test")):
        passwords.set_password(world.user("auditor"), passwords.judge(world.user("auditor"), long))
    assert client.post("/sign-in", data={"login": "auditor", "password": long[:-1]}).status_code == 422
    make.sign_in(client, "auditor", long)


def test_a_weaker_hash_is_made_anew_at_sign_in(app, world, client):
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with unit_of_work(Access.system("test")):
        world.user("auditor").password_hash = weak.hash(make.PASSWORD)
    version = world.user("auditor").version
    client.post("/sign-in", data={"login": "auditor", "password": "wrong"})
    assert "m=8192" in world.user("auditor").password_hash
    make.sign_in(client, "auditor")
    kept = world.user("auditor").password_hash
    assert "m=19456,t=2,p=1" in kept and world.user("auditor").version == version
    make.sign_in(app.test_client(), "auditor")
    assert world.user("auditor").password_hash == kept
