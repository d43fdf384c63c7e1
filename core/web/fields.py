"""The fields of forms: each reads what a person types, or says in words what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import wtforms
from flask import g
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, widgets
from wtforms.validators import StopValidation, ValidationError

from core.contract.words import _, ngettext
from core.data import figures
from core.data.errors import Refused

LARGEST = 10**12


def row_id(text: str) -> int:
    """Return the number of a row that an address or a form names; ValueError when there can be no such row."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63):
        raise ValueError(text[:30])
    return int(text)


def wrong(message: Any) -> ValidationError:
    """Return the error that says what is wrong with an input."""
    return ValidationError(str(message))


class Required:
    """Refuses a field that was left empty."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        if field.is_blank():
            field.errors[:] = []
            raise StopValidation(str(_("%(label)s: fill this in.", label=field.label.text)))
        if field.errors:
            raise StopValidation()


class MayBeEmpty:
    """Ends the checks of a field that was left empty, or cannot be read."""

    field_flags = {"optional": True}

    def __call__(self, form: Any, field: Any) -> None:
        if field.is_blank():
            field.errors[:] = []
        if field.is_blank() or field.errors:
            raise StopValidation()


def is_hidden(field: wtforms.Field) -> bool:
    """Return whether a field is the page's own: nobody sees it, and nobody types into it."""
    return getattr(field.widget, "input_type", "") == "hidden"


class Asked(wtforms.Field):
    """What all fields share: label, help, and whether they may stay empty."""

    widget = widgets.TextInput()
    attributes: Mapping[str, Any] = {}

    def __init__(
        self, label: Any = "", *, required: bool = False, help: Any = "", validators: Sequence[Any] = (), **options: Any
    ) -> None:
        first = Required() if required else MayBeEmpty()
        options["render_kw"] = {**self.attributes, **(options.get("render_kw") or {})}
        super().__init__(label, [first, *validators], description=help, **options)

    def is_blank(self) -> bool:
        """Return whether nothing was sent, or only spaces; of a name that came twice the first is read."""
        return not str((self.raw_data or [""])[0]).strip().strip("\ufeff")

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was sent; nothing and spaces are None."""
        if valuelist or self.raw_data is not None:
            self.data = None
        if valuelist and valuelist[0].strip():
            self.data = self.read(_clean(valuelist[0]))

    def read(self, text: str) -> Any:
        """Return the value of a text; ValueError says what is wrong with it."""
        return text

    def write(self, value: Any) -> str:
        """Return the text of a value."""
        return str(value)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)


def _clean(text: str, allowed: str = "") -> str:
    """Return the text composed and stripped; control characters are refused."""
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in allowed for letter in text.strip()):
        raise wrong(_("There is an invisible character that cannot be kept. Type the text again."))
    return unicodedata.normalize("NFC", text).strip().strip("\ufeff")


class TextField(Asked, wtforms.StringField):
    """A line of text; "" when empty."""

    allowed = ""

    def __init__(self, label: Any = "", *, max_length: int = 200, **options: Any) -> None:
        options["render_kw"] = {"maxlength": max_length, **(options.get("render_kw") or {})}
        super().__init__(label, **{"default": "", **options})
        self.max_length = max_length

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the text that was sent."""
        if valuelist:
            self.data = ""
            self.data = self.read(valuelist[0])

    def read(self, text: str) -> str:
        """Return the text; too long a one is refused."""
        text = _clean(text, self.allowed)
        if len(text) > self.max_length:
            raise wrong(_("At most %(most)s characters; there are %(there)s.", most=self.max_length, there=len(text)))
        return text


class LongText(TextField):
    """Several lines of text."""

    widget = widgets.TextArea()
    allowed = "\n\t"

    def __init__(self, label: Any = "", *, max_length: int = 4000, **options: Any) -> None:
        super().__init__(label, max_length=max_length, **options)

    def read(self, text: str) -> str:
        """Return the text, its lines ended by a line feed."""
        return super().read(text.replace("\r\n", "\n"))


class ButtonField(wtforms.HiddenField):
    """Which of several buttons of its page was pressed, {value: label}; no input stands for it, a program names it."""

    def __init__(self, choices: Any = (), **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep what was pressed; None of a button that only sends."""
        self.data = (valuelist[0] or None) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no button."""
        if self.data is not None and self.data not in self.choices:
            raise wrong(_("Choose one of the list."))

    def __call__(self, **options: Any) -> Any:
        """Return nothing: the buttons say it."""
        return ""


class NumberField(wtforms.HiddenField):
    """A number that the page itself has written: of a row, of a version; what cannot be one is None."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the number that came back."""
        try:
            self.data = row_id(valuelist[0]) if valuelist else None
        except ValueError:
            self.data = None


class QuantityField(Asked):
    """A whole number, "1 234" too."""

    attributes = {"inputmode": "numeric", "autocomplete": "off"}

    def __init__(self, label: Any = "", *, minimum: int = 0, maximum: int = LARGEST, **options: Any) -> None:
        super().__init__(label, **options)
        self.minimum, self.maximum = minimum, maximum

    def read(self, text: str) -> int:
        """Return the number; decimals, negatives and the impossibly large are refused, and 1,000 that may be 1."""
        found = _number(text, self.maximum, _("Enter a whole number, such as 1200."))
        if found != found.to_integral_value():
            raise wrong(_("Enter a whole number, such as 1200."))
        return int(_within(found, self.minimum, self.maximum))


class DecimalField(Asked):
    """A number with a decimal comma or point."""

    attributes = {"inputmode": "decimal", "autocomplete": "off"}
    places = 6

    def __init__(
        self, label: Any = "", *, minimum: Any = 0, maximum: Any = LARGEST, places: int | None = None, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.minimum, self.maximum = minimum, maximum
        self.places = self.places if places is None else places

    def read(self, text: str) -> Decimal:
        """Return the number, exactly."""
        return _within(number_of(text, self.places, self.maximum), self.minimum, self.maximum)

    def write(self, value: Any) -> str:
        """Return the number without needless zeros, so that it is read back as it is."""
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        return figures.written(Decimal(text.rstrip("0").rstrip(".") if "." in text else text), ",")


class MoneyField(DecimalField):
    """An amount, with four decimals at most."""

    places = 4


def number_of(text: str, places: int, most: Any = None) -> Decimal:
    """Return the number that a text with a decimal comma or point stands for, when it can mean but one."""
    found = _number(text, most, _("Enter a number, such as 12,5."))
    if len(f"{found:f}".partition(".")[2].rstrip("0")) > places:
        raise wrong(ngettext("At most %(num)d decimal.", "At most %(num)d decimals.", places))
    return found


def _number(text: str, most: Any, otherwise: Any) -> Decimal:
    """Return the number of a text, by the rule of `core.data.figures`."""
    try:
        return figures.number(text, "", most)
    except figures.Unclear as error:
        raise wrong(error.message) from None
    except Refused:
        raise wrong(otherwise) from None


def _within(value: Decimal, minimum: Any, maximum: Any) -> Decimal:
    if minimum is not None and value < minimum:
        raise wrong(_("Enter %(least)s or more.", least=minimum))
    if maximum is not None and value > maximum:
        raise wrong(_("This number is too large: at most %(most)s.", most=f"{maximum:,}".replace(",", "\u00a0")))
    return value


class BooleanField(wtforms.BooleanField):
    """Yes or no."""

    def __init__(self, label: Any = "", *, required: bool = False, help: Any = "", **options: Any) -> None:
        super().__init__(label, [Required()] if required else [], description=help, **options)

    def is_blank(self) -> bool:
        """Return whether the box is not ticked."""
        return not self.data


class FileField(Asked, wtforms.FileField):
    """A file of one of the `types` (".csv"), at most `max_mb` large; `data` is it, or None."""

    widget = widgets.FileInput()

    def __init__(self, label: Any = "", *, types: Sequence[str] = (), max_mb: int = 20, **options: Any) -> None:
        options["render_kw"] = {"accept": ",".join(types), **(options.get("render_kw") or {})}
        super().__init__(label, **options)
        self.types, self.max_mb = types, max_mb

    def is_blank(self) -> bool:
        """Return whether no file was sent."""
        return self.data is None

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Keep the file that was sent, when it may be kept."""
        sent = next((each for each in valuelist if isinstance(each, FileStorage) and each.filename), None)
        self.data = sent

    def pre_validate(self, form: Any) -> None:
        """Refuse an empty or large file, and one of another type."""
        if self.data is None:
            return
        size = self.data.stream.seek(0, 2)
        self.data.stream.seek(0)
        if self.types and PurePath(self.data.filename).suffix.lower() not in self.types:
            raise wrong(_("Choose a file of one of these types: %(types)s.", types=", ".join(self.types)))
        if size == 0:
            raise wrong(_("This file is empty."))
        if size > self.max_mb * 2**20:
            raise wrong(_("This file is larger than %(most)s MB.", most=self.max_mb))


class KeyField(HiddenField):
    """The name of one sending: a second arrival of it is known as such."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep a key that looks like one; any other is replaced."""
        if valuelist and re.fullmatch(r"[\w-]{1,64}", valuelist[0], re.A):
            self.data = valuelist[0]


class PlaceField(HiddenField):
    """The facility that the page was made for: what is sent is for that one, wherever its person works by now."""

    def _value(self) -> str:
        return str(g.place.id) if g.get("place") is not None else ""
