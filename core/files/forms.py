"""The forms of files: add some, take one away."""

from core.contract.words import _
from core.files.fields import FilesField
from core.web.forms import Form, LongText


class AddForm(Form):
    """Documents and photos to add."""

    files = FilesField(_("Documents or photos"), required=True)


class RemoveForm(Form):
    """Why a file is taken away."""

    reason = LongText(
        _("Reason"), required=True, max_length=500, help=_("It stands beside the name of the file, and in the journal.")
    )
