"""The forms of files: add some, take one away."""

from typing import Any

from core.contract.words import _
from core.files.fields import FilesField
from core.web.forms import Form, LongText


class AddForm(Form):
    """Documents and photos to add."""

    files = FilesField(_("Documents or photos"), required=True)
    of: tuple[str, int] = ("", 0)  # the entity and the number of the object, as the address has them

    def values(self) -> dict[str, Any]:
        """Return the contents, and what they are added to."""
        return {"entity": self.of[0], "object_id": self.of[1], "contents": self.files.data}


class RemoveForm(Form):
    """Why a file is taken away."""

    reason = LongText(
        _("Reason"), required=True, max_length=500, help=_("It stands beside the name of the file, and in the journal.")
    )
