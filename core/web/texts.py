"""Texts of people and states as a page shows them."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from flask import Flask, current_app
from jinja2 import Template, pass_eval_context
from markupsafe import Markup, escape

from core.contract import words
from core.web.assets import asset

TURNS = {
    ord(one): f"[U+{ord(one):04X}]"
    for one in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}
TURNING = re.compile(f"[{''.join(map(chr, TURNS))}]")

SHAPES = {"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "ring": "○"}
TONE_SHAPES = {"ok": "●", "warn": "▲", "danger": "■", "info": "◆", "neutral": "●"}


def init_app(app: Flask) -> None:
    """Give the templates their words and marks."""
    app.jinja_env.finalize = marked
    app.jinja_env.filters["prose"] = prose
    app.jinja_env.globals |= {
        "_": gettext, "gettext": gettext, "ngettext": ngettext, "state_mark": badge, "same_for_all": same_for_all,
    }  # fmt: skip


def same_for_all(name: str) -> Markup:
    """Return a part of pages whose words and icons are the same for everybody who reads its language; it is drawn once
    for each build of the front end."""
    template = current_app.jinja_env.get_template(name)
    return _drawn(template, str(words.locale() or ""), asset("icons.svg"))


@lru_cache(32)
def _drawn(template: Template, language: str, sprite: str) -> Markup:
    return Markup(template.render())  # noqa: S704 (a rendered template)


@pass_eval_context
def gettext(here: Any, message: str, **values: Any) -> str:
    """Return a message of a template in the language of the page, what is put into it escaped."""
    text = words.gettext(message)
    text = Markup(text) if here.autoescape else text  # noqa: S704 (our own words)
    return text % values if values or "%" in text else text


@pass_eval_context
def ngettext(here: Any, one: str, many: str, num: int, **values: Any) -> str:
    """Return the message of a template that fits a number."""
    text = words.plural(one, many, num)
    text = Markup(text) if here.autoescape else text  # noqa: S704 (our own words)
    return text % {"num": num, **values}


def marked(value: Any) -> Any:
    """Return a text with its bidirectional marks shown as marks: unseen, they turn the words around them."""
    if isinstance(value, str) and not isinstance(value, Markup) and TURNING.search(value):
        return value.translate(TURNS)
    return value


def shown(value: Any) -> str:
    """Return a value as a template writes it: its turning marks seen, and escaped."""
    return escape(marked(value))


LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def prose(text: str, names: Sequence[str] = ()) -> Markup:
    """Return what a person wrote as a page shows it: text, with its addresses as links that give nothing away, and "@"
    with one of some names set off; nothing in it is markup."""
    known = "|".join(re.escape(f"@{name}") for name in names)
    parts = re.compile(f"({LINK.pattern}{f'|{known}' if known else ''})").split(text)
    return Markup("").join(_part(part, set(names)) for part in parts)


def _part(part: str, names: Collection[str]) -> Markup:
    if LINK.fullmatch(part):
        return Markup('<a href="{}" rel="nofollow noopener noreferrer ugc">{}</a>').format(part, marked(part))
    if part[:1] == "@" and part[1:] in names:
        return Markup('<b class="mention">{}</b>').format(marked(part))
    return escape(marked(part))


def badge(label: Any, tone: str = "neutral", shape: str | None = None) -> Markup:
    """Return a state as people see it: shape, word and tint."""
    tone = tone or "neutral"
    sign = TONE_SHAPES.get(tone, "") if shape is None else SHAPES.get(shape, shape)
    html = f'<span class="badge tone-{shown(tone)}" data-shape="{shown(sign)}">{shown(label)}</span>'
    return Markup(html)  # noqa: S704 (each part is escaped)
