"""What people are told of parts."""

from collections.abc import Iterable

from core.contract.ports import Event, Fact, NoticeKind, Words
from core.contract.words import _
from plugins.gmao.parts.models import Part

ARRIVED = "gmao.part.arrived"
FACTS = [Fact(ARRIVED, _("A part for a work order has come"))]


def _asker(_event: Event, row: Part | None) -> Iterable[int]:
    return () if row is None or row.asked_by_id is None else (row.asked_by_id,)


def _said(event: Event) -> tuple[Words, Words]:
    return _("%(label)s has come", label=event.data["label"]), event.data["what"]


KINDS = [NoticeKind(ARRIVED, _("A part that I asked for has come"), [ARRIVED], _asker, _said, icon="package")]
