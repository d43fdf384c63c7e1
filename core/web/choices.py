"""The fields that choose: one of a few, or one row of many."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import wtforms
from flask import url_for
from wtforms import widgets

from core.contract.plugins import entities
from core.contract.words import _
from core.data.db import db
from core.web import lookup
from core.web.fields import Asked, is_hidden, wrong


class ChoiceField(Asked, wtforms.SelectField):
    """One of a few: {value: label}, pairs, or a function that returns them; `tiles` shows them all at once."""

    widget = widgets.Select()

    def __init__(
        self, label: Any = "", choices: Any = (), *, tiles: bool = False, blank: Any = "", **options: Any
    ) -> None:
        self._asked: Any = None
        super().__init__(label, choices=[], coerce=lambda value: value, validate_choice=False, **options)
        pairs = choices() if callable(choices) else choices
        pairs = list(pairs.items() if isinstance(pairs, Mapping) else pairs)
        must = bool(self.flags.required)
        if tiles:
            self.type, self.widget = "RadioField", widgets.ListWidget(prefix_label=False)
        elif not must or (self.default is None and len(pairs) > 1):
            pairs = [("", blank or (_("Choose …") if must else "–")), *pairs]
        self.choices = pairs

    def __iter__(self) -> Any:
        for option in super().__iter__():
            if self.type == "RadioField":
                option.widget, option.render_kw = widgets.RadioInput(), self.render_kw
            yield option

    @property
    def data(self) -> Any:
        """Return the choice that was made, of the type of its choice, or None; a view may set the choices later."""
        asked = self._asked
        return next((each for each, *_rest in self.choices if asked is not None and str(each) == str(asked)), None)

    @data.setter
    def data(self, value: Any) -> None:
        self._asked = value

    def process_data(self, value: Any) -> None:
        """Keep the value, of which the choice is looked up when it is asked for."""
        self.data = value

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep what was chosen; None when it is empty."""
        self.data = (valuelist[0] or None) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not among the choices."""
        if self.data is None and not self.is_blank():
            raise wrong(_("Choose one of the list."))

    def label_of(self, value: Any) -> Any:
        """Return the label of a choice."""
        return next((label for each, label, *_rest in self.choices if str(each) == str(value)), "")


class LookupField(Asked):
    """One of many: the code or exact name is typed, or taken from a list that is searched; `data` is the row.

    `resolve` returns the row of a text or None; `url` is the address of the list: a path, an endpoint or neither.
    """

    def __init__(self, label: Any = "", *, resolve: Callable[[str], Any | None], url: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.resolve, self.url = resolve, url

    def read(self, text: str) -> Any:
        """Return the row that has this code or name."""
        row = self.resolve(text)
        if row is None:
            said = _(
                "Nothing has the code or the name “%(text)s”. Choose from the list, or type the code.", text=text[:60]
            )
            raise wrong(said)
        return row

    def address(self) -> str:
        """Return where the list of choices is asked."""
        return self.url if self.url.startswith("/") else url_for(self.url)

    def _value(self) -> str:
        return lookup.code_of(self.data) if self.data is not None else str(self.raw_data[0] if self.raw_data else "")

    def __call__(self, **options: Any) -> Any:
        if self.url and not is_hidden(self):  # what the page itself says is not chosen from a list
            options.setdefault("data-combo", self.address())
        if self.data is not None:
            options.setdefault("data-label", lookup.words_of(self.data))
        options.setdefault("autocomplete", "off")
        return super().__call__(**options)


class EntityField(LookupField):
    """A row of an entity, e.g. EntityField(_("Product"), "elmis.product")."""

    def __init__(self, label: Any = "", entity: str = "", **options: Any) -> None:
        self.entity = entity
        self.limits = {name: options.pop(name) for name in ("kinds", "permission") if name in options}
        self.own_list = "url" in options
        super().__init__(label, resolve=self._resolve, **{"url": f"/lookup/{entity}", **options})

    def _resolve(self, text: str) -> Any | None:
        entity = entities()[self.entity]
        return lookup.exact(entity, text, lookup.narrowed(entity, **self.limits))

    def process_data(self, value: Any) -> None:
        """Keep the row; an id is taken too."""
        self.data = db.session.get(entities()[self.entity].model, value) if isinstance(value, int) else value

    def address(self) -> str:
        """Return the address of the list, with its limits."""
        return super().address() if self.own_list else url_for("search.look_up", name=self.entity, **self.limits)


class FacilityField(EntityField):
    """A facility; `kinds` (or codes of types) and a `permission` that must be held there narrow the list."""

    def __init__(self, label: Any = "", **options: Any) -> None:
        super().__init__(label, "core.facility", **options)
