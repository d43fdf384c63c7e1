"""The journal: every change, by object, person, facility and day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for

from core.contract.plugins import entities
from core.contract.words import _
from core.journal import services
from core.web.fields import day_of
from core.web.pages import page, permission

bp = Blueprint("journal", __name__)


@bp.get("/journal")
@permission(services.VIEW)
def index() -> Any:
    """Show the lines this person may read, the newest first."""
    asked = request.args.to_dict()
    number = max(_whole(asked.pop("page", "1")) or 1, 1)
    lines, more = services.find(_filters(asked), number)
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    urls = {
        "previous": url_for(".index", page=number - 1, **kept) if number > 1 else None,
        "next": url_for(".index", page=number + 1, **kept) if more else None,
    }
    return page("journal/index.html", lines=lines, asked=asked, urls=urls, **_choices(asked))


def _filters(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters of the address; what cannot be read is left out."""
    return {
        "entity": asked.get("entity"), "entity_id": asked.get("entity_id"), "action": asked.get("action"),
        "user_id": _whole(asked.get("user_id")), "facility": services.place(_whole(asked.get("facility"))),
        "since": _day(asked.get("since")), "until": _day(asked.get("until")),
    }  # fmt: skip


def _choices(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the filters of the page offer and show."""
    place = services.place(_whole(asked.get("facility")))
    return {
        "kinds": sorted(((each.name, str(each.label)) for each in entities()), key=lambda pair: pair[1]),
        "actions": services.ACTIONS,
        "facility": place,
        "title": _("Journal"),
    }


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _day(text: str | None) -> date | None:
    try:
        return day_of((text or "").strip())
    except ValueError:
        return None
