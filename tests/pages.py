"""Pages as a browser sees them: links to follow, and forms with all that they would send."""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
LINK, PIECE = (re.compile(rf'{name}="(/[^"#]*)') for name in ("href", "hx-get"))
PASSED_OVER = re.compile(r"format=|\.pdf|/paper|/sign-out|/static/|/template|refusals|\.js$|\.css$")
FREE = {"text", "search", "date", "month", "number", "email", "tel", "password", "url", None}


@dataclass
class Input:
    """A field of a form: its kind, what it holds, what it offers, and its attributes."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def free(self) -> bool:
        """Return whether a person types what he likes."""
        return self.kind == "textarea" or (self.kind in FREE and "readonly" not in self.given)


@dataclass
class Sending:
    """A form: where it is sent, its fields in order, its buttons, and whether Enter presses one that does nothing."""

    action: str
    post: bool
    id: str = ""
    inputs: dict[str, Input] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    idle: bool = False

    def data(self) -> dict[str, Any]:
        """Return what an untouched form would send."""
        return {one.name: one.value for one in self.inputs.values() if one.kind != "box" or one.value}


class Forms:
    """The forms of a page; what lies in a template is not sent. Read tag by tag: a parser of all takes ten times as long."""

    TAG = re.compile(r"""<(/?)(form|input|select|option|textarea|button|template)\b((?:"[^"]*"|'[^']*'|[^>"'])*)>""")
    ATTRIBUTE = re.compile(r"""([^\s=/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?""")

    def __init__(self, text: str) -> None:
        self.found: list[Sending] = []
        self.choice: Input | None = None
        self.text: Input | None = None
        self.asleep = 0
        self.inside = False
        self.away: list[tuple[str, dict[str, Any]]] = []  # what names its form, which may stand further down
        before = 0
        for found in self.TAG.finditer(text):
            ends, tag, given = found.groups()
            if self.text is not None:
                self.text.value = unescape(text[before : found.start()]).lstrip("\r\n")
            if ends:
                self._end(tag)
            else:
                self._start(
                    tag, {name.lower(): unescape(value.strip("\"'")) for name, value in self.ATTRIBUTE.findall(given)}
                )
            before = found.end()
        for form in self.found:
            for tag, given in self.away:
                if form.id and given["form"] == form.id:
                    self._field(tag, given, form)

    def _start(self, tag: str, given: dict[str, Any]) -> None:
        self.asleep += tag == "template"
        if tag == "form":
            self.inside = True
            self.found.append(Sending(given.get("action") or "", given.get("method") == "post", given.get("id") or ""))
        elif given.get("form"):
            self.away.append((tag, given))
        elif self.inside and not self.asleep:
            self._field(tag, given, self.found[-1])

    def _field(self, tag: str, given: dict[str, Any], form: Sending) -> None:
        name = given.get("name") or ""
        if "disabled" in given:  # it sends nothing
            form.idle = form.idle or (tag == "button" and not form.buttons)
            return
        if tag == "option" and self.choice is not None:
            self._option(given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            form.buttons.append((name, given.get("value") or ""))
        elif name and tag == "select":
            self.choice = form.inputs[name] = Input(name, "select", given=given)
        elif name and tag == "textarea":
            self.text = form.inputs[name] = Input(name, "textarea", given=given)
        elif name and tag == "input":
            self._input(name, given, form)

    def _option(self, given: dict[str, Any]) -> None:
        assert self.choice is not None
        self.choice.options.append(given.get("value") or "")
        if "selected" in given or len(self.choice.options) == 1:
            self.choice.value = given.get("value") or ""

    def _input(self, name: str, given: dict[str, Any], form: Sending) -> None:
        kind, value = given.get("type") or "text", given.get("value") or ""
        if kind in ("checkbox", "radio"):
            one = form.inputs.setdefault(name, Input(name, "box" if kind == "checkbox" else kind, given=given))
            one.options.append(value or "on")
            one.value = (value or "on") if "checked" in given else one.value
        elif kind not in ("submit", "button"):
            form.inputs[name] = Input(name, kind, value, given=given)

    def _end(self, tag: str) -> None:
        self.asleep -= tag == "template"
        self.choice = None if tag == "select" else self.choice
        self.text = None if tag == "textarea" else self.text
        self.inside = self.inside and tag != "form"


def answers(text: str, choice: str) -> dict[str, str]:
    """Return the fields that answer each question of a page that offers such a choice."""
    return dict.fromkeys(re.findall(rf'name="(_confirm-\w+)" value="{choice}"', text), choice)


class Shown(HTMLParser):
    """The words that a page shows or reads aloud; codes that are meant as codes are left out."""

    SILENT = {"script", "style", "template", "code", "bdi", "textarea", "kbd", "ins", "del"}  # the last: stored values
    READ = ("title", "aria-label", "placeholder", "alt", "data-label")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        """Take down what an element says by its attributes, unless it is silent."""
        given = dict(attributes)
        if tag in self.SILENT or given.get("lang", "fr") != "fr":
            self.silent.append(tag)
        elif not self.silent:
            self.words += [given[name] for name in self.READ if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        """Leave a silent element."""
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        """Take down a text."""
        if not self.silent and data.strip():
            self.words.append(" ".join(data.split()))


ENGLISH = re.compile(r"\b(the|of|and|with|from|was|were|has|have|been|this|that|which|your|not|by|to|is|are)\b", re.I)
CODES = re.compile(r"\b[a-z]+(?:\.[a-z_]+){2,}\b|\b[a-z]+_[a-z_]+\b|\b(?:review|Uuid|UTC|None|True|False)\b")


def messages() -> Iterator[tuple[str, str]]:
    """Yield (English, French) of every message of the house, each number of it."""
    for path in (each for part in ("core", "plugins") for each in (ROOT / part).rglob("fr/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                english, french = ([one] if isinstance(one, str) else one for one in (message.id, message.string))
                yield from zip(english, french, strict=False)


@cache
def untranslated() -> frozenset[str]:
    """Return the English messages of the house whose French differs from them."""
    return frozenset(english for english, french in messages() if english and english != french)


def foreign(text: str) -> list[str]:
    """Return what a French page says in English or in the codes of the program."""
    shown = {words: re.sub(r"/\S+/\S+", "", words) for words in Shown(text).words}  # a path is no word
    return [
        words for words, said in shown.items() if said in untranslated() or ENGLISH.search(said) or CODES.search(said)
    ]


def kind(address: str) -> str:
    """Return what makes two addresses the same page with other rows."""
    return re.sub(r"\d+|(?<=documents/)[^/?]+", "N", urlsplit(address).path)


def links(text: str) -> list[str]:
    """Return the addresses that a page links to."""
    return [unescape(link) for link in LINK.findall(text)]


def pieces(text: str) -> list[str]:
    """Return the addresses from which a page fetches a part of it."""
    return [unescape(link) for link in PIECE.findall(text)]


def follow(
    look: Callable[[str], tuple[Any, Iterable[str]]], starts: Iterable[str] = ("/",), *,
    kind: Callable[[str], Any] = kind, most: Callable[[str], int] = lambda address: 1, met: Counter[Any] | None = None,
) -> Iterator[tuple[str, Any, str]]:  # fmt: skip
    """Yield (address, what is there, address of the page that led to it), link by link: of each kind the first `most`.

    `look` returns what is at an address and the links from there. Whoever looks for more of a kind takes it back from
    `met`, which counts what was seen of each.
    """
    waiting, seen, met = deque((start, "") for start in starts), set(), Counter() if met is None else met
    while waiting:
        address, at = waiting.popleft()
        if address in seen or PASSED_OVER.search(address) or met[kind(address)] >= most(address):
            continue
        seen.add(address)
        met[kind(address)] += 1
        there, further = look(address)
        yield address, there, at
        waiting += [(link, address) for link in further]


def walk(client: Any, met: Counter[Any] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield (address, answer) of a page of each kind, link by link; of those that `met` has counted none."""

    def look(address: str) -> tuple[Any, list[str]]:
        answer = client.get(address)
        assert answer.status_code < 500, address
        return answer, links(answer.text) if answer.mimetype == "text/html" else []

    for address, answer, _at in follow(look, met=met):
        if answer.mimetype == "text/html":
            assert answer.status_code != 200 or "<main" in answer.text, f"{address} is empty"
            yield address, answer
