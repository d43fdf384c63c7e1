"""Letters, of which some are confidential, and personal files, which all are."""

from flask import Blueprint
from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.entities import Entity
from core.contract.ports import NoticeKind, Permission, RoleSpec
from core.contract.verbs import Verb
from core.data.access import Within, current
from core.data.confidence import Confidential
from core.data.db import Model, db
from core.data.states import Machine, State, Transition, record
from core.data.waits import Wait
from core.facilities.models import Facility
from core.nouns.pages import pages
from core.nouns.views import show
from core.users.accounts.models import User
from core.web.forms import BooleanField, Form, TextField
from core.web.tables import Column, Table

LABEL = "Vault"
ANSWER = Wait("Answer %(subject)s", "Answer", "vault.write", view="answer")
MACHINE = Machine(
    "vault.letter",
    {"new": State("New", "warn", "Arrival", [ANSWER]), "done": State("Done", "ok", "Answer")},
    [Transition("new", "answer", "done", "vault.write", "Answer")],
)


class Letter(Model):
    """A letter: one that is confidential is read by its addressees, and by who holds the narrow right."""

    __tablename__ = "vault_letter"
    __entity__ = "vault.letter"
    __scope__ = Confidential(
        "facility_id", read="vault.read_confidential", write="vault.write", people=("author_id",),
        readers="addressees.user_id", when="confidential", openly="vault.view", log="vault.log",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": "Code"})
    subject: Mapped[str] = mapped_column(String(200), info={"label": "Subject"})
    confidential: Mapped[bool] = mapped_column(Boolean, info={"label": "Confidential"})
    state: Mapped[str] = mapped_column(String(20), default="new", info={"label": "State"})
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("vault_letter.id"))
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id))
    facility: Mapped[Facility] = relationship()
    addressees: Mapped[list["Addressee"]] = relationship(back_populates="letter", cascade="all, delete-orphan")


class Addressee(Model):
    """To whom a letter is addressed, or was passed on."""

    __tablename__ = "vault_addressee"
    __entity__ = "vault.addressee"
    __scope__ = Within("letter")

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey(Letter.id))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    letter: Mapped[Letter] = relationship(back_populates="addressees")


class Dossier(Model):
    """The personal file of a person: he reads it, and who looks after people there."""

    __tablename__ = "vault_dossier"
    __entity__ = "vault.dossier"
    __scope__ = Confidential(
        "facility_id", read="vault.people", write="vault.people", people=("person_id",), log="vault.log"
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": "Number"})
    person_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id))
    facility: Mapped[Facility] = relationship()


class LetterTable(Table):
    """Letters."""

    model = Letter
    columns = [Column("code", "Code", Letter.code), Column("subject", "Subject", Letter.subject),
               Column("confidential", "Confidential", Letter.confidential, kind="bool")]  # fmt: skip
    search = [Letter.code, Letter.subject]


class DossierTable(Table):
    """Personal files."""

    model = Dossier
    columns = [Column("number", "Number", Dossier.number)]


class LetterForm(Form):
    """A letter."""

    code = TextField("Code", required=True, max_length=40)
    subject = TextField("Subject", required=True, max_length=200)
    confidential = BooleanField("Confidential")


def write(place, code, subject, confidential=False, author=None, readers=(), about=None):
    """Return a new letter."""
    row = Letter(
        code=code, subject=subject, confidential=confidential, author_id=author, facility_id=place.id, about_id=about
    )
    row.addressees = [Addressee(user_id=one) for one in readers]
    db.session.add(row)
    record(row, "create", "", "new")
    return row


def enter(place, **values):
    """Return a new letter of whoever writes it."""
    return write(place, author=current().user_id, **values)


NEW = Verb(
    "vault.letter.write", "New letter", "vault.write", enter, Facility, LetterForm, "Kept.", "letters.index",
)  # fmt: skip
letters, dossiers = (Blueprint(name, __name__, url_prefix=f"/vault/{name}") for name in ("letters", "dossiers"))
pages(letters, LetterTable)
pages(dossiers, DossierTable, drawn=lambda dossier: show(dossier, title=f"File of {dossier.facility.name}"))

BLUEPRINTS = [letters, dossiers]
PERMISSIONS = [
    Permission("vault.view", "Read letters"), Permission("vault.write", "Write letters"),
    Permission("vault.read_confidential", "Read confidential letters", professional=True, personal=True),
    Permission("vault.people", "Look after people", professional=True, personal=True),
    Permission("vault.log", "See who has read", professional=True),
    RoleSpec("clerk", "Clerk", ["vault.view", "vault.write"]),
    RoleSpec("chief", "Chief", ["vault.view", "vault.write", "vault.read_confidential", "vault.log", "core.audit.view"]),
    RoleSpec("peer", "Peer", ["vault.read_confidential", "core.audit.view"]),
    RoleSpec("people", "People", ["vault.people", "vault.log"]),
]  # fmt: skip
ENTITIES = [
    Entity("vault.letter", Letter, "Letter", "Letters", "letters.show", index="letters.index", table=LetterTable,
           machine=MACHINE, attachments=True, comments=True, words={"state": MACHINE.states}, named=("code", "subject"),
           search=("code", "subject"), verbs=[NEW, MACHINE.verb("answer", Letter)]),
    Entity("vault.addressee", Addressee, "Addressee", "Addressees", named=("user_id",)),
    Entity("vault.dossier", Dossier, "Personal file", "Personal files", "dossiers.show", index="dossiers.index",
           table=DossierTable, attachments=True, comments=True, search=("number",)),
]  # fmt: skip
NOTICES = [
    NoticeKind("vault.letter.came", "A letter came", ["vault.letter.came"], lambda event, row: event.data["to"],
               lambda event: (f"Letter {event.data['number']}", "")),
]  # fmt: skip
