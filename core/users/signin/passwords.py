"""What a password must be: long, not common, and more than the words that everybody here would try first."""

import json
import re
import secrets
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from sqlalchemy import select

from core.contract.words import _
from core.data.db import db
from core.data.errors import Refused
from core.facilities.models import Facility
from core.users.accounts.models import User

Judged = NewType("Judged", str)  # the hash of a password that was found strong enough
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
DUMMY = HASHER.hash(secrets.token_urlsafe())  # an unknown name costs the same time as a known one
SHORTEST, REST = 12, 8
ENOUGH = 3  # of zxcvbn's 0 to 4: more than a hundred million guesses; it knows 30,000 common passwords
READ = 72  # what zxcvbn reads; a longer beginning is not easier to guess
GUESSING = """
import json, sys, zxcvbn
password, words, most = json.load(sys.stdin)
print(zxcvbn.zxcvbn(password, user_inputs=words, max_length=most)["score"])
"""
SHORT = _("Choose a password of at least 12 characters; a short sentence is easy to keep.")
NAMES = _("This password is mostly made of names known here: yours, your facility's. Add unexpected words.")
EASY = _("This password is easy to guess: it is common or follows a pattern. Put four unexpected words together.")
ALWAYS = [
    "amagara", "motdepasse", "password", "bonjour", "bienvenue", "administrateur", "administrator", "pharmacie",
    "magasin", "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre",
    "novembre", "decembre", "azerty", "azertyuiop", "qsdfghjklm", "wxcvbn",
]  # fmt: skip


def normal(password: str) -> str:
    """Return a password as it is kept: one way of writing é, whatever the keyboard sent."""
    return unicodedata.normalize("NFC", password)


def fits(password_hash: str, password: str) -> bool:
    """Return whether a password is the one; without a hash it takes as long and is not."""
    try:
        return HASHER.verify(password_hash or DUMMY, normal(password))
    except (VerificationError, InvalidHashError):
        return False


def judge(user: User, password: str) -> Judged:
    """Return the hash of a new password that is strong enough; it takes time: ask before the turn to write."""
    check(password, user)
    return Judged(HASHER.hash(normal(password)))


def set_password(user: User, judged: Judged) -> None:
    """Store a new password and end the person's other sessions."""
    if user.service:
        raise Refused(_("A service account never signs in: make it a token."))
    user.password_hash = judged
    user.version += 1


def check(password: str, user: User) -> None:
    """Raise Refused when a password is short, common, or little more than names known here."""
    password = normal(password)
    if len(password) < SHORTEST:
        raise Refused(SHORT, "password")
    words = known_words(user)
    if _names_only(plain(password), words):
        raise Refused(NAMES, "password")
    if score(plain(password), words) < ENOUGH:
        raise Refused(EASY, "password")


def score(password: str, words: Iterable[str]) -> int:
    """Return how hard a password is to guess, from 0 to 4.

    A process of its own tells, in a fifth of a second: the lists of words would stay in the server, 12 MB and more.
    """
    said = json.dumps([password[:READ], [*words], READ])
    command = [sys.executable, "-I", "-c", GUESSING]
    told = subprocess.run(command, input=said, capture_output=True, text=True, check=True)  # noqa: S603 (our own program)
    return int(told.stdout)


def known_words(user: User) -> list[str]:
    """Return the words that somebody who knows this person and this house would try, the longest first."""
    ids = [int(each) for each in user.facility.path.split("/") if each]
    places = db.session.scalars(select(Facility.name).where(Facility.id.in_(ids)))
    config = current_app.config
    texts = [user.login, user.name, user.email, *places, config["MINISTRY"], config["REPUBLIC"]]
    found = {word for text in texts for word in re.split(r"[^a-z0-9]+", plain(text)) if len(word) > 2}
    return sorted({*found, *ALWAYS, plain(user.login)}, key=len, reverse=True)


def plain(text: str) -> str:
    """Return a text in small letters without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _names_only(password: str, words: Iterable[str]) -> bool:
    """Return whether little but figures and signs is left when the words are taken out."""
    rest = password
    for word in words:
        rest = rest.replace(word, " ")
    return rest != password and len(re.sub(r"[\W\d_]+", "", rest)) < REST
