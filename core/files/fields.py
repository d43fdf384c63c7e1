"""The field that takes documents and photos on any form: several at once, straight from the camera too.

`data` are the contents, stored already when the form is read, so that nothing is looked at inside a transaction. A form
that comes back with a fault or a question carries them along: nobody chooses them twice.
"""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage
from wtforms import widgets
from wtforms.validators import StopValidation

from core.contract.words import _
from core.data.access import current
from core.data.errors import Refused, Unavailable
from core.files import taking
from core.files.taking import Content
from core.web.fields import Asked

AGE = 20 * 3600  # seconds that a form may come back with what was chosen: the store spares it for longer
MOST = 10  # files of one sending


class FilesField(Asked):
    """Documents and photos of one sending; `data` is a list of `Content`, for `core.files.services.attach`."""

    widget = widgets.FileInput(multiple=True)
    accepted = taking.ACCEPTED
    most_mb = staticmethod(taking.most_mb)

    def __init__(self, label: Any = "", **options: Any) -> None:
        self.sent: list[FileStorage] = []
        super().__init__(label, **options)
        self.faults: list[str] = []

    def is_blank(self) -> bool:
        """Return whether nothing was chosen."""
        return not (self.sent or self.data)

    def process_data(self, value: Any) -> None:
        """Begin with nothing."""
        self.data: list[Content] = []

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Keep what was chosen now, and what this person had chosen when the form came back."""
        self.sent = [each for each in valuelist if isinstance(each, FileStorage) and each.filename]
        found = (_opened(each) for each in valuelist if isinstance(each, str) and each)
        self.data = [content for content in found if content is not None]

    def pre_validate(self, form: Any) -> None:
        """Store what was sent; each file that cannot be kept is named with the reason, the others stay chosen."""
        sent, self.sent = self.sent, []
        if len(sent) + len(self.data) > MOST:
            self.faults, sent = [str(_("Send at most %(most)s files at once.", most=MOST))], []
        for each in sent:
            try:
                self.data.append(taking.take(each.stream, str(each.filename)))
            except Unavailable:
                raise
            except Refused as why:
                name = str(each.filename)[-80:]
                self.faults.append(str(_("“%(name)s”: %(why)s", name=name, why=why.message)))
            finally:
                each.stream.seek(0)  # whoever compares a repeat reads it again
        if self.faults:
            self.errors = list(self.faults)
            raise StopValidation

    def chosen(self) -> list[tuple[str, Content]]:
        """Return what was chosen before, each with the sign that goes along in the form."""
        return [(_seal().dumps([current().user_id, *astuple(each)]), each) for each in self.data]


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="files")


def _opened(sign: str) -> Content | None:
    """Return what a form carried along, for the person who had chosen it."""
    try:
        owner, *values = _seal().loads(sign, max_age=AGE)
        return Content(*values) if owner == current().user_id else None
    except (BadData, TypeError, ValueError):
        return None
