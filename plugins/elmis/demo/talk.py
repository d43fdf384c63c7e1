"""What the people of the demonstration say to one another about their papers."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from core.comments import services as comments
from core.comments.models import Comment
from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.promises.models import Receipt
from plugins.elmis.requisitions.models import Requisition

By = Callable[[str, Callable[[], Any]], Any]


def load(by: By) -> None:
    """Store a few exchanges, unless there are any; `by` runs an operation as a person."""
    if db.session.scalar(select(Comment.id).limit(1)) is not None:
        return
    request = db.session.scalar(select(Requisition).where(Requisition.state == "confirmed").order_by(Requisition.id))
    if request is not None:
        first = by("magasinier2", lambda: comments.write(
            request, "Le paludisme continue de monter ici : merci de signer aujourd’hui. @Chantal Irakoze"
        ))  # fmt: skip
        by("district", lambda: comments.write(
            request, "Je compare avec le rapport d’octobre et je signe avant midi.", first.id
        ))  # fmt: skip
    disputed = db.session.scalar(select(Receipt).where(Receipt.state == "disputed").order_by(Receipt.id))
    if disputed is not None:
        by("depot", lambda: comments.write(
            disputed, "Nous recomptons le quai cet après-midi. @Léonidas Nkurunziza, qui a fermé ce carton ?"
        ))  # fmt: skip
    centre = db.session.scalar(select(Facility).where(Facility.code == "CDS-KAYANZA-01"))
    if centre is not None:
        by("magasinier", lambda: comments.write(
            centre, "Le pont de la RN1 est fermé aux camions jusqu’au 15 : passer par Gatara."
        ))  # fmt: skip
