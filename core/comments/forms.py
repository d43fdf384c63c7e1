"""The forms of comments."""

from typing import Any

from core.contract.words import _
from core.web.forms import Form, LongText, NumberField

LONGEST = 2000


def _text(label: Any) -> LongText:
    return LongText(
        label, required=True, max_length=LONGEST, render_kw={"rows": 3, "data-mentions": "", "autocomplete": "off"},
        help=_("Write @ and a name to have somebody told: @Aline Nsengiyumva. No patient’s name belongs here."),
    )  # fmt: skip


class WriteForm(Form):
    """A new comment, or an answer."""

    text = _text(_("Your comment"))
    answers = NumberField()
    of: tuple[str, int] = ("", 0)  # the entity and the number of the object, as the address has them

    def values(self) -> dict[str, Any]:
        """Return the text, what it answers, and what it is about."""
        return {"entity": self.of[0], "object_id": self.of[1], "text": self.text.data, "answers": self.answers.data}


class EditForm(Form):
    """Another text of a comment."""

    text = _text(_("Your comment"))


class WithdrawForm(Form):
    """Why a comment is withdrawn."""

    reason = LongText(_("Reason"), required=True, max_length=500, help=_("It stands in place of the comment."))
