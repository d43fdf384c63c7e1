"""What can be done with the files of an object: add, read, take away; and the proof that all are there."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from core.contract.entities import Entities, Entity
from core.contract.plugins import entities
from core.contract.words import _
from core.data.access import Access, acting, current
from core.data.db import db, utcnow
from core.data.errors import Conflict, Missing, NotAllowed, Refused
from core.data.judging import may_write
from core.data.kept import per_rights
from core.data.work import tell
from core.files import store
from core.files.models import KEPT, REMOVED, File, object_of
from core.files.taking import PICTURES, Content
from core.jobs.services import enqueue

SMALL = "core.files.small"
TRAIL = "core.audit.view"
MOST = 200  # files of one object


def entity_of(obj: Any) -> Entity | None:
    """Return the entity of an object that may have files, or None."""
    entity = entities().of(obj)
    return entity if entity is not None and entity.attachments else None


def of(obj: Any) -> Sequence[File]:
    """Return all files that an object has or had, the latest first."""
    mine = {"entity": obj.__entity__, "object": obj.id}
    return db.session.scalars(_of(current(), entities()), mine).all()


@per_rights
def _of(_access: Access, _known: Entities) -> Select[Any]:
    mine = (File.entity == bindparam("entity"), File.object_id == bindparam("object"))
    return select(File).where(*mine).order_by(File.id.desc())


def may_change(obj: Any) -> bool:
    """Return whether this person may add files to an object, and take them away."""
    return current().everything or may_write(obj, current())


def require_change(obj: Any) -> None:
    """Raise NotAllowed unless this person may add files to an object, and take them away."""
    if not may_change(obj):
        raise NotAllowed(_("You may read these files, and neither add nor remove any."))


def attach(obj: Any, contents: Collection[Content]) -> list[File]:
    """Return the files that an object gained; a content that it has already is told, and not added again.

    Raises NotAllowed for who may not write the object, Refused for too many or for a content that is gone.
    """
    entity = entity_of(obj)
    if entity is None:
        raise TypeError(f"{obj!r} has no files: its Entity says attachments=True")
    if not contents:
        return []
    require_change(obj)
    here = {row.sha256 for row in of(obj) if row.state == KEPT}
    added = []
    for content in contents:
        if content.sha256 in here:
            tell(_("“%(name)s” was here already.", name=content.name))
            continue
        here.add(content.sha256)
        added.append(_row(entity, obj, content))
    if len(here) > MOST:
        raise Refused(_("%(most)s files are the most that one object has.", most=MOST))
    db.session.add_all(added)
    db.session.flush()
    ask_small([row.sha256 for row in added if row.kind in PICTURES])
    return added


def _row(entity: Entity, obj: Any, content: Content) -> File:
    if not store.has(content.sha256):
        raise Refused(_("“%(name)s” is no longer kept here: choose it again.", name=content.name))
    return File(
        entity=entity.name, object_id=obj.id, facility_id=obj.__scope__.facility_id(obj), name=content.name,
        kind=content.kind, sha256=content.sha256, size=content.size, added_by=current().signed,
    )  # fmt: skip


def ask_small(contents: Sequence[str]) -> None:
    """Ask for the small pictures of some contents, as the machine: nobody waits for them."""
    if contents:
        with acting(Access.system("files")):
            enqueue(SMALL, _("Small pictures"), contents=list(contents))


def get(file_id: int) -> File:
    """Return a file that this person may read; one that was taken away only to who reads the trail. Else Missing."""
    row = db.session.get(File, file_id)
    if row is None or object_of(row) is None or (row.state == REMOVED and not current().can(TRAIL)):
        raise Missing(None)
    return row


def remove(file_id: int, why: str) -> File:
    """Return a file that no longer shows on its object; content and trail stay."""
    row = get(file_id)
    if row.state == REMOVED:
        raise Conflict(_("This file was removed already."))
    row.state, row.removed_why, row.removed_by, row.removed_at = REMOVED, why, current().signed, utcnow()
    db.session.flush()
    return row


@dataclass
class Proof:
    """What was found of the contents: how many are whole, and the faults, each named."""

    whole: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Return what is wrong: a stray content is not, it may be about to be attached."""
        return [*self.missing, *self.damaged]


def known(part: str) -> dict[str, int]:
    """Return {SHA-256: size} of the contents of one part that rows name, whatever became of these."""
    query = select(File.sha256, func.max(File.size)).where(File.sha256.startswith(part)).group_by(File.sha256)
    return dict(db.session.execute(query).all())


def verify() -> Proof:
    """Return the proof of all contents: each against its name and size, each row against the disk."""
    proof = Proof()
    for part in store.parts():
        rows, lying = known(part), store.contents(part)
        proof.stray += sorted(lying - rows.keys())
        for sha256, size in sorted(rows.items()):
            path = store.path_of(sha256)
            if sha256 not in lying:
                proof.missing.append(_named(sha256))
            elif path.stat().st_size != size or store.digest(path) != sha256:
                proof.damaged.append(_named(sha256))
            else:
                proof.whole += 1
    return proof


def _named(sha256: str) -> str:
    """Return a content as an administrator finds it: its hash, and a file that has it."""
    row = db.session.scalars(select(File).where(File.sha256 == sha256).order_by(File.id).limit(1)).one()
    return f"{sha256} ({row.name}, {row.entity}/{row.object_id})"


def sweep() -> int:
    """Remove the contents that no row names and that have had their time; return how many."""
    stray: list[str] = []
    number = 0
    for part in store.parts():
        rows = known(part)
        number += len(rows)
        stray += store.contents(part) - rows.keys()
    store.refuse_foreign(len(stray), number)
    store.remove_left()
    return store.remove_stray(stray)


def lacking_small() -> Iterator[str]:
    """Yield the kept pictures that have no small one: those of a backup, or of a killed worker."""
    query = select(File.sha256).where(File.kind.in_(PICTURES), File.state == KEPT).distinct()
    for sha256 in db.session.scalars(query):
        if store.has(sha256) and not store.small_of(sha256).is_file():
            yield sha256
