"""Reconciling: what differs is decided, one by one or where it is safe many at once, and the register follows by its
own services."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.contract.words import _
from core.data.access import also, current
from core.data.db import db
from core.data.errors import AmagaraError, Refused
from core.data.naming import headed
from core.data.states import Reason
from plugins.gmao.campaigns.comparing import Difference, compare
from plugins.gmao.campaigns.models import (
    CHOICES,
    ENTER,
    FOREIGN,
    FOUND,
    IDENTIFIED,
    LOST,
    REGISTERED,
    RELABEL,
    SEARCH,
    TAKE,
    TAKE_FOR_GOOD,
    Campaign,
    CampaignDecision,
    CampaignScan,
)
from plugins.gmao.campaigns.scanning import keep, piece_of
from plugins.gmao.campaigns.states import MACHINE, RECONCILIATION
from plugins.gmao.equipment import services as equipment
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.inventory import DAMAGED, DIFFERS, GONE, KINDS, MOVED, NOT_FOUND, UNLISTED
from plugins.gmao.moves import services as moves
from plugins.gmao.moves.models import FOR_GOOD, LOAN, RETURN
from plugins.gmao.rights import EDIT, RECEIVE, VIEW

SAFE = {
    "rooms": (MOVED, ENTER), "working": (DIFFERS, ENTER), "labels": (DAMAGED, RELABEL), "missing": (NOT_FOUND, SEARCH),
}  # fmt: skip
NEEDS_NOTE = (FOREIGN,)


def decide(campaign: Campaign, *, lines: Sequence[dict[str, Any]]) -> Campaign:
    """Return a campaign of which some differences are decided: each line names its `difference`, and says an `outcome`
    and a `note`; one without an outcome is left.

    All or nothing: raises Refused, at its line, for what differs no more, cannot be decided so, or what the register
    refuses.
    """
    _begin(campaign)
    open_ones = {each.key: each for each in compare(campaign).differing() if _is_open(each)}
    chosen = [(number, line) for number, line in enumerate(lines) if line.get("outcome")]
    found = []
    for number, line in chosen:
        if (one := open_ones.get(line["difference"])) is None:
            raise Refused(_("This was decided meanwhile, or differs no more."), field="outcome", line=number)
        found.append((number, one, line["outcome"], (line.get("note") or "").strip()))
    for number, one, outcome, note in sorted(found, key=lambda each: KINDS.index(each[1].kind)):
        with _at(number, one):
            _settle(campaign, one, outcome, note)
    return campaign


def choices_of(one: Difference) -> tuple[str, ...]:
    """Return what may be decided of a difference: of what was written off, only what is lost is found again."""
    lost = one.kind != GONE or one.before == life.LOST
    return tuple(each for each in CHOICES[one.kind] if lost or each != FOUND)


def settle(campaign: Campaign, **kinds: bool) -> Campaign:
    """Return a campaign of which all that is safe was decided, kind by kind (see SAFE)."""
    outcomes = dict(SAFE[name] for name, wanted in kinds.items() if wanted)
    pending = compare(campaign).pending()
    lines = [{"difference": each.key, "outcome": outcomes[each.kind]} for each in pending if each.kind in outcomes]
    return decide(campaign, lines=lines)


def _is_open(one: Difference) -> bool:
    """Return whether it may be decided: what is searched for may still be given up."""
    return one.decided is None or one.decided.outcome == SEARCH


def _begin(campaign: Campaign) -> None:
    current().require(EDIT, campaign.facility)
    db.session.flush()
    db.session.refresh(campaign, ["state"], with_for_update=True)
    MACHINE.refuse_unless(campaign, RECONCILIATION)


@contextmanager
def _at(number: int, one: Difference) -> Iterator[None]:
    """Say of a refusal of the register which line it belongs to."""
    try:
        yield
    except AmagaraError as error:
        words = next(iter(getattr(error, "errors", {}).values()), error.message)
        raise Refused(headed(one.what, words), field="outcome", line=number) from error


def _settle(campaign: Campaign, one: Difference, outcome: str, note: str) -> None:
    if outcome not in choices_of(one):
        raise Refused(_("Choose one of the list."))
    if outcome in NEEDS_NOTE and not note:
        raise Refused(_("Say why."))
    if outcome in EFFECTS and one.equipment_id is not None:
        EFFECTS[outcome](campaign, one, note)
    _keep(campaign, one, outcome, note)


def _keep(campaign: Campaign, one: Difference, outcome: str, note: str = "") -> None:
    made = CampaignDecision(
        campaign=campaign, kind=one.kind, equipment_id=one.equipment_id, scan_id=one.scan.id if one.scan else None,
        what=one.what, before=one.before[:300], after=one.after[:300], outcome=outcome, note=note,
        decided_by=current().signed,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()


def _row(one: Difference) -> Equipment:
    row = db.session.get(Equipment, one.equipment_id)
    if row is None:
        raise Refused(_("The register of another facility has it: only there can this be decided."))
    return row


def _enter(campaign: Campaign, one: Difference, note: str) -> None:
    """Enter the room, or the working order, that was found."""
    scan, row = one.scan, _row(one)
    assert scan is not None
    if one.kind == MOVED:
        equipment.change(row, building=scan.building or row.building, room=scan.room or row.room)
        return
    equipment.say_status(
        row, status=scan.status or "", because=scan.because, at=scan.scanned_at,
        cause=f"{Campaign.__entity__}/{campaign.id}", note=_noted(campaign, scan.note or note),
    )  # fmt: skip


def _noted(campaign: Campaign, note: str) -> str:
    return headed(campaign.number, note)


def _take(campaign: Campaign, one: Difference, note: str, for_good: bool = False) -> None:
    """Let a piece that stands here come here by a move, which its former place reads: it is given back where it
    belongs here, lent else; only who keeps both registers takes it over for good."""
    here, scan = campaign.facility, one.scan
    assert scan is not None
    with also(VIEW, EDIT, RECEIVE):
        row = _row(one)
    if for_good:
        current().require(EDIT, row.home)
    with also(VIEW, EDIT, RECEIVE):
        coming = moves.on_its_way(row)
        if coming is None or coming.facility_id != here.id:
            purpose = FOR_GOOD if for_good else RETURN if row.home_id == here.id else LOAN
            coming = moves.send(row, facility=here, purpose=purpose, note=_noted(campaign, note))
        moves.arrive(coming, room=scan.room)


def _take_for_good(campaign: Campaign, one: Difference, note: str) -> None:
    _take(campaign, one, note, for_good=True)


def _lose(campaign: Campaign, one: Difference, note: str) -> None:
    why = Reason("not_found", _noted(campaign, note), life.MACHINE.reasons["lose"])
    life.MACHINE.advance(_row(one), "lose", why)


def _find(campaign: Campaign, one: Difference, note: str) -> None:
    life.MACHINE.advance(_row(one), "find", _noted(campaign, note))


EFFECTS: dict[str, Callable[[Campaign, Difference, str], None]] = {
    ENTER: _enter, TAKE: _take, TAKE_FOR_GOOD: _take_for_good, LOST: _lose, FOUND: _find,
}  # fmt: skip


def register_found(scan: CampaignScan, **facts: Any) -> Equipment:
    """Return the piece as which something unlisted is entered into the register; raises as `equipment.add` does."""
    one = _unlisted(scan)
    row = equipment.add(scan.facility, **facts)
    _keep(scan.campaign, one, REGISTERED, row.code)
    return row


def identify(scan: CampaignScan, *, equipment: str) -> CampaignScan:
    """Return a scan of the piece that something without a readable tag was: its label is to be made anew."""
    one = _unlisted(scan)
    piece = piece_of(scan.facility, equipment)
    if piece is None:
        raise Refused(_("No piece bears this tag."), field="equipment")
    _keep(scan.campaign, one, IDENTIFIED, piece.code)
    facts = {name: getattr(scan, name) for name in ("building", "room", "status", "because", "note", "scanned_at")}
    return keep(scan.campaign, piece, tag=piece.code, damaged=True, **facts)


def _unlisted(scan: CampaignScan) -> Difference:
    """Return what is undecided of a scan that belongs to no piece; Refused where there is nothing."""
    _begin(scan.campaign)
    found = (each for each in compare(scan.campaign).pending() if each.kind == UNLISTED and each.scan is scan)
    one = next(found, None)
    if one is None:
        raise Refused(_("This was decided meanwhile, or differs no more."))
    return one
