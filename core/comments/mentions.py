"""Whom a text mentions: "@" and a name, in any case and without accents, or a part of it when it can be but one.

What may be several people is asked, with the place of each, as any other question of a form: no script is needed. A
text names people only as the directory does, so that nobody is reached by a number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.contract.words import _
from core.data.errors import Refused
from core.data.search import folded
from core.data.work import choose, tell
from core.users.directory.services import Colleague, colleagues, functions

SIGN = re.compile(r"(?<![\w@./-])@(?=\w)")
WORD = re.compile(r"[\w'’.\-]+")
SHORTEST = 3  # letters of a part of a name
OFFERED = 8  # people among whom a choice is offered
MOST = 20  # mentions of one text
NOBODY = "0"


@dataclass(frozen=True)
class Found:
    """A place in a text where somebody may be meant: from its "@" to the end of the name, and who fits."""

    start: int
    end: int
    fitting: Sequence[Colleague]
    whole: bool  # the name was written in full, or a part of it that only one person bears


def resolve(text: str) -> tuple[str, dict[int, str]]:
    """Return the text with each name in full, and {id: name} of those whom it mentions; asks where several fit."""
    places = list(_found(text))
    if len(places) > MOST:
        raise Refused(_("A comment mentions at most %(most)s people.", most=MOST), field="text")
    people: dict[int, str] = {}
    said, end = [], 0
    for place in places:
        one = _meant(text[place.start : place.end], place)
        if one is not None:
            people[one.user_id] = one.name
            said += [text[end : place.start], f"@{one.name}"]
            end = place.end
    return "".join([*said, text[end:]]), people


def _found(text: str) -> Iterator[Found]:
    starts = [match.start() for match in SIGN.finditer(text)]
    everybody = [(tuple(folded(one.name).split()), one) for one in (colleagues() if starts else ())]
    for start in starts:
        words = list(_words(text, start + 1))
        yield _fit(start, words, everybody)


def _words(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield (word without case and accents, where it ends) of the words that stand together after an "@"."""
    while (match := WORD.match(text, start)) is not None:
        word = match[0].rstrip(".-'’")
        yield folded(word), start + len(word)
        if len(word) < len(match[0]) or text[match.end() : match.end() + 1] not in (" ", "\u00a0"):
            return
        start = match.end() + 1


def _fit(start: int, words: Sequence[tuple[str, int]], everybody: Iterable[tuple[tuple[str, ...], Colleague]]) -> Found:
    said = [word for word, _end in words]
    full = [(len(name), one) for name, one in everybody if name and tuple(said[: len(name)]) == name]
    if full:
        longest = max(number for number, _one in full)
        return Found(start, words[longest - 1][1], [one for number, one in full if number == longest], True)
    part, end = words[0]
    whole = [one for name, one in everybody if part in name]
    some = whole or [one for name, one in everybody if len(part) >= SHORTEST and any(w.startswith(part) for w in name)]
    return Found(start, end, some, len(whole) == 1)


def _meant(said: str, place: Found) -> Colleague | None:
    """Return who is meant; None for nobody, of which the writer is told."""
    if not place.fitting:
        tell(_("Nobody is called “%(name)s”: no notice goes there.", name=said))
        return None
    if place.whole and len(place.fitting) == 1:
        return place.fitting[0]
    if len(place.fitting) > OFFERED:
        words = _(
            "“%(name)s” may be %(number)s people: write first and last name.", name=said, number=len(place.fitting)
        )
        raise Refused(words, field="text")
    choices = [*_offered(place.fitting), (NOBODY, _("nobody: it is no mention"))]
    words = _("Whom do you mean by “%(name)s”?", name=said)
    chosen = choose("mention", words, choices, about=f"{place.start} {said}", field="text")
    return next((one for one in place.fitting if str(one.user_id) == chosen), None)


def _offered(people: Sequence[Colleague]) -> Iterator[tuple[str, str]]:
    """Yield (code, words) of people among whom one is chosen: told apart by place and function."""
    held = functions(people)
    for one in people:
        yield str(one.user_id), ", ".join([one.name, *held.get(one.user_id, ())[:2], one.place])
