"""Lists: one declaration gives the page, search, filters with counts, order, paging, bulk verbs and exports."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask import current_app, g, make_response, render_template, request, send_file
from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy import Select, String, case, func, select
from werkzeug.datastructures import MultiDict

from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import _
from core.data import notes
from core.data.access import current
from core.data.calendar import today
from core.data.db import db
from core.data.naming import title_of
from core.data.search import fold, folded, matches
from core.web import address, exports, own, paging, verbs
from core.web.columns import RANGED, Column, Row, is_one_of, within
from core.web.deadlines import in_view
from core.web.pages import number, page
from core.web.rows import drawn
from core.web.tally import tally

__all__ = ["Column", "Row", "Table"]
FACETS = 5
MANY = 2000  # rows: of more, those of a page are found before they are read


class Table:
    """A list of the rows of `model`; what a person may not read is not in it.

    `columns` and `search` (SQL columns that the search box reads) are declared; `query()` may be overridden to
    join or narrow; `options` are loader options (selectinload); `asks` names further parts of the address that it
    reads ({name: words}); `views` are pills: (name, label, {address parts});
    `empty` is (title, text, url, action). Verbs of the entity that are for `many` are offered for chosen rows (let the
    view take POST too).
    `pilled` names a column of codes whose values, with their counts, stand as pills above the list. `rows_template`
    draws the rows where they look otherwise than in columns; `printable` lets the whole list be shown on one page.
    `place` is the facility whose rows these are, where they are of one. `export_right` is needed to take the list out
    as a file, where reading it is not enough.
    """

    model: Any = None
    columns: Sequence[Column] = ()
    search: Sequence[Any] = ()
    default_sort: str = ""
    options: Sequence[Any] = ()
    views: Sequence[tuple[str, Any, Mapping[str, Any]]] = ()
    asks: Mapping[str, Any] = {}
    empty: Sequence[Any] = (_("There is nothing here yet"),)
    sizes: ClassVar[Sequence[int]] = address.SIZES
    size = 50
    pilled = ""
    printable = False
    rows_template = "table_rows.html"
    place: Any = None
    export_right = ""

    @property
    def may_export(self) -> bool:
        """Return whether this person may take the list out as a file."""
        return not self.export_right or current().can(self.export_right)

    @property
    def entity(self) -> str:
        """Return the entity whose rows these are, as the trail names it."""
        return str(self.model.__entity__)

    @property
    def bulk(self) -> Sequence[Verb]:
        """Return what may be done to chosen rows: the verbs of the entity that say so."""
        entity = entities().get(self.entity)
        return [] if entity is None else [verb for verb in entity.verbs if verb.many and verb.on is self.model]

    def query(self) -> Select[Any]:
        """Return the rows before search and filters; of what goes through states those of the view that the address
        asks for. A subclass may join or narrow, not group."""
        entity, view = entities().get(self.entity), request.args.get("view", "")
        waits = view and entity is not None and entity.machine is not None
        return in_view(select(self.model), self.model, view) if waits else select(self.model)

    def row_class(self, row: Any) -> str:
        """Return the CSS class of a row, e.g. "out"."""
        return ""

    # --- what the page asks -------------------------------------------------

    def respond(self, title: Any = "", subtitle: Any = "", *, template: str = "table_page.html", **context: Any) -> Any:
        """Return the list as the address asks: a page, its list alone for htmx, a file, or a bulk verb's answer.

        `crumbs` are (label, url); `actions` are (url, label, icon, strong) of buttons.
        """
        self.ask()
        if request.method == "POST":
            return verbs.answer(self, title)
        if request.args.get("format") in exports.TYPES:
            if not self.may_export:
                current().require(self.export_right)
            return self._export(request.args["format"])
        self._load()
        part = request.headers.get("HX-Request") == "true" and not request.headers.get("HX-History-Restore-Request")
        context = {"crumbs": (), "actions": (), **context, "title": title, "subtitle": subtitle, "table": self}
        answer = make_response(page("table_part.html" if part else template, **context))
        answer.vary.add("HX-Request")
        return answer

    def ask(self) -> None:
        """Read what the address asks for."""
        self.asked = address.read(self.every(), self.default_sort, self.size)

    def every(self) -> Sequence[Column]:
        """Return all columns, each with what SQL sorts and filters by."""
        self.known = [self.with_expr(column) for column in (*self.columns, *self.more(), *own.columns(self.model))]
        return self.known

    def more(self) -> Iterable[Column]:
        """Return further columns, which depend on what is stored."""
        return ()

    def own_parts(self) -> dict[str, list[str]]:
        """Return {name: its values, none where any will do} of the parts of the address that `query` reads."""
        found: dict[str, list[str]] = {name: [] for name in self.asks}
        for _name, _label, args in self.views:
            for name in (each for each in args if not each.startswith("f.")):
                found.setdefault(name, []).append(str(args[name]))
        return found

    def part(self, asked: address.Address) -> tuple[int, list[Row]]:
        """Return how many rows there are of what is asked for, and those of its page."""
        self.asked = asked
        query = self.filtered()
        total = self.count(query)
        start = (asked.page - 1) * asked.size
        return total, list(self._each(query.offset(start).limit(asked.size))) if start < total else []

    def only(self, condition: Any) -> list[Row]:
        """Return the rows that a condition leaves, with every column, the oldest first."""
        return self.latest(condition)[::-1]

    def latest(self, condition: Any, most: int | None = None) -> list[Row]:
        """Return the rows that a condition leaves, or the latest few, with every column, the latest first."""
        self.asked = address.Address(MultiDict(), columns=list(self.every()))
        return list(self._each(self.query().where(condition).limit(most)))

    def inline(self, rows: Iterable[Row], label: Any = "") -> Markup:
        """Return a small table of rows that `latest` returned, for a panel: no search, no order, no pages."""
        columns = [column for column in self.known if column.default]
        html = render_template("table_rows.html", table=self, columns=columns, rows=rows, label=label, inline=True)
        return Markup(html)  # noqa: S704 (a rendered template)

    def with_expr(self, column: Column) -> Column:
        """Return a column with what SQL sorts and filters by, where it is an attribute of its name."""
        if column.expr is None and column.name in self.model.__mapper__.column_attrs:
            column = replace(column, expr=getattr(self.model, column.name))
        return column.asked_once()

    def _load(self) -> None:
        """Read the rows of the page, how many there are in all, and how many of each value that facets offer."""
        self._tally()
        if self.printable and "all" in self.asked.args:
            self.asked.size = max(self.total, 1)
        self.pages = max(1, -(-self.total // self.asked.size))
        self.asked.page = min(max(self.asked.page, 1), self.pages)
        self.rows = self._some((self.asked.page - 1) * self.asked.size, self.asked.size) if self.total else []

    def _some(self, first: int, number: int) -> list[Row]:
        """Return some of the rows that fit, in their order."""
        query = self.filtered()
        if self.total <= MANY or len(query.column_descriptions) > 1:
            return list(self._each(query.offset(first).limit(number)))
        (key,) = self._keys()  # sorted by their keys alone: many rows are wide
        shown = query.with_only_columns(key).order_by(*self._order()).offset(first).limit(number)
        return list(self._each(self.query().where(key.in_(shown))))

    def _all(self) -> tuple[int, Iterator[Row]]:
        """Return how many rows fit, and all of them in their order."""
        query = self.filtered()
        return self.count(query), self._each(query, yield_per=500)

    def _each(self, query: Select[Any], **execution: Any) -> Iterator[Row]:
        """Yield the rows of a query in the order asked for."""
        computed = [each for each in self.asked.columns if each.expr is not None and each.value is None]
        computed = [each for each in computed if not each.is_plain(self.model)]
        several = len(query.column_descriptions) > 1
        query = query.add_columns(*(each.expr.label(f"x_{each.name}") for each in computed))
        ordered = query.options(*self.options).order_by(*self._order())
        for found in db.session.execute(ordered, execution_options=execution):
            extra = {each.name: found._mapping[f"x_{each.name}"] for each in computed}
            yield Row(found[0], extra, found if several else found[0])

    def _order(self) -> list[Any]:
        column, keys = self.asked.sort, self._keys()
        if column is None or column.expr is None:
            return [key.desc() for key in keys]
        by = self._said(column) if isinstance(column.expr.type, String) else column.expr
        return [by.desc().nulls_last(), *(key.desc() for key in keys)] if self.asked.down else [by.nulls_last(), *keys]

    @staticmethod
    def _said(column: Column) -> Any:
        """Return what a column of text is sorted by: where codes are shown by their words, by these."""
        words = {code: folded(str(getattr(said, "label", said))) for code, said in column.words().items()}
        return case(words, value=column.expr, else_=fold(column.expr)) if words else fold(column.expr)

    def count(self, query: Select[Any]) -> int:
        """Return the number of rows of a query."""
        return db.session.scalar(query.with_only_columns(func.count(self._keys()[0])).order_by(None)) or 0

    def counted(self, condition: Any) -> Any:
        """Return the SQL of the number of rows that a condition leaves."""
        number = func.count(self._keys()[0])
        return self.query().where(condition).with_only_columns(number).order_by(None).scalar_subquery()

    def _keys(self) -> list[Any]:
        """Return what names a row, as attributes of the model: bare columns would pass by the rights."""
        mapper = self.model.__mapper__
        return [mapper.get_property_by_column(column).class_attribute for column in mapper.primary_key]

    # --- search and filters -------------------------------------------------

    def filtered(self, without: Collection[str] = ()) -> Select[Any]:
        """Return the query with the search and the filters that are asked for, but those of some columns."""
        query = self.query()
        if self.asked.q and self.search:
            query = query.where(matches(self.asked.q, *self.search, of=self.model))
        for column in self.known:
            if column.name not in without and column.name in self.asked.chosen:
                query = query.where(is_one_of(column.expr, self.asked.chosen[column.name]))
            if column.name in self.asked.ranges:
                query = query.where(*within(column, *self.asked.ranges[column.name]))
        return query

    def facets(self) -> list[dict[str, Any]]:
        """Return the columns that offer their values, each value with its count and the address that takes it."""
        found = [self._facet(column) for column in self._offering() if column.name != self.pilled]
        return [each for each in found if len(each["options"]) > 1 or any(one["current"] for one in each["options"])]

    def _offering(self) -> list[Column]:
        return [column for column in self.known if column.facet and column.expr is not None]

    def _tally(self) -> None:
        """Count the rows, and those of each value of a facet: by all filters but that of the facet itself."""
        offering = self._offering()
        chosen = {
            column.name: self.asked.chosen[column.name] for column in offering if column.name in self.asked.chosen
        }
        fitting = self.filtered(without=chosen).order_by(None)
        given = [chosen.get(column.name) for column in offering]
        self.total, self.counts = tally(fitting, self._keys()[0], offering, given)

    def _facet(self, column: Column) -> dict[str, Any]:
        chosen, words = self.asked.chosen.get(column.name, []), column.words()
        counts = self.counts[self._offering().index(column)]
        top = sorted(counts, key=lambda value: (-counts[value], value is not None, value or 0))[:FACETS]
        values = [*top, *(value for value in chosen if value not in top)]
        options = [self._option(column, words, value, counts.get(value, 0)) for value in values]
        return {"label": column.label, "options": options}

    def _option(self, column: Column, words: Mapping[Any, Any], value: Any, count: int) -> dict[str, Any]:
        chosen = [address.token(each) for each in self.asked.chosen.get(column.name, [])]
        sign = address.token(value)
        others = [each for each in chosen if each != sign] + ([] if sign in chosen else [sign])
        said = column.said(value, words)
        url = self.asked.url(**{f"f.{column.name}": others})
        return {
            "label": getattr(said, "label", said) or _("(empty)"),
            "count": number(count),
            "current": sign in chosen,
            "url": url,
        }

    # --- what the template draws --------------------------------------------

    def head(self, column: Column) -> dict[str, Any]:
        """Return what `sort_head` draws of a column."""
        here = self.asked.sort is not None and self.asked.sort.name == column.name
        turn = f"-{column.name}" if here and not self.asked.down else column.name
        direction = ("descending" if self.asked.down else "ascending") if here and column.expr is not None else None
        url = self.asked.url(sort=turn) if column.sort and column.expr is not None else None
        return {"label": column.label, "sort_url": url, "direction": direction, "numeric": column.numeric}

    def pager(self) -> dict[str, Any]:
        """Return what `pager` draws."""
        return paging.pager(self.asked.page, self.asked.size, self.total, lambda number: self.asked.url(page=number))

    def pills(self) -> list[dict[str, Any]]:
        """Return the ready-made views, or the values of the column that stands as pills, then the views that this
        person saved; the present one is marked."""
        return [*(self._values() if self.pilled else self._views()), *self.saved()]

    def saved(self) -> list[dict[str, Any]]:
        """Return the views of this list that this person saved."""
        person, here = g.get("user"), self.asked.url()
        kept = {} if person is None else person.saved_views.get(self.asked.path, {})
        urls = {name: f"{self.asked.path}?{query}" if query else self.asked.path for name, query in kept.items()}
        return [{"label": name, "url": url, "current": url == here} for name, url in urls.items()]

    def _values(self) -> list[dict[str, Any]]:
        place, column = next(pair for pair in enumerate(self._offering()) if pair[1].name == self.pilled)
        name, chosen, counts = f"f.{column.name}", self.asked.chosen.get(column.name, []), self.counts[place]
        every = {
            "label": _("All"),
            "url": self.asked.url(**{name: None}),
            "count": number(counts.total()),
            "current": not chosen,
        }
        each = [
            {
                "label": getattr(said, "label", said), "url": self.asked.url(**{name: address.token(value)}),
                "count": number(counts[value]), "current": value in chosen,
            }
            for value, said in column.words().items() if counts[value] or value in chosen
        ]  # fmt: skip
        return [every, *each]

    def _views(self) -> list[dict[str, Any]]:
        own = {name for _name, _label, args in self.views for name in args}
        here = {name: self.asked.args[name] for name in own if name in self.asked.args}
        bare = replace(self.asked, args=type(self.asked.args)())
        return [
            {"label": label, "url": bare.url(**args), "current": here == {key: str(each) for key, each in args.items()}}
            for _name, label, args in self.views
        ]

    def ranged(self) -> list[Column]:
        """Return the columns of the page, and those narrowed already, that can be narrowed between two values."""
        near = [each for each in self.known if each in self.asked.columns or each.name in self.asked.ranges]
        return [column for column in near if column.kind in RANGED and column.expr is not None]

    def linker(self, column: Column, first: bool) -> Callable[[Row], str | None] | None:
        """Return the function of the addresses behind cells: the column's own; behind the first one, of the row."""
        if column.link is not None:
            own = column.link
            return lambda row: own(row.given)
        entity = entities().of(self.model) if first else None
        if entity is None or not entity.endpoint or entity.endpoint not in current_app.view_functions:
            return None
        before, after = address.around(entity.endpoint)
        return lambda row: f"{before}{row.obj.id}{after}"

    def drawn(self, columns: Sequence[Column], rows: Iterable[Row], picks: bool = False) -> Markup:
        """Return the rows as HTML."""
        return drawn(self, columns, rows, picks)

    def label_of(self, row: Row) -> str:
        """Return what names a row, for whoever cannot see it."""
        return title_of(row.obj)

    def allowed(self) -> list[Verb]:
        """Return the verbs that this person may use."""
        return [verb for verb in self.bulk if current().can(verb.permission)]

    @property
    def has_labels(self) -> bool:
        """Return whether labels of chosen rows can be printed from this page: its entity has some, and its view takes
        what is sent."""
        entity = entities().of(self.model)
        return entity is not None and entity.labels is not None and "POST" in (getattr(request.url_rule, "methods", ()))

    def _export(self, kind: str) -> Any:
        """Return the whole list as a file, and note who took it."""
        count, rows = self._all()
        facility = None if self.place is None else self.place.id
        notes.note(
            "export", self.entity, facility_id=facility, format=kind, count=count, address=self.asked.url()[:300]
        )
        columns = [column for column in self.known if column in self.asked.columns or column.filed]
        file = exports.write(kind, [str(each.label) for each in columns], self._cells(columns, rows), _language())
        whose = "" if self.place is None else f"-{self.place.code}"
        name = f"{self.entity.rpartition('.')[2]}{whose}-{today():%Y-%m-%d}.{kind}"
        return send_file(file, exports.TYPES[kind], as_attachment=True, download_name=name)

    def cells(self) -> Iterator[list[Any]]:
        """Yield the whole list as a file wants it, a list of values a row."""
        return self._cells(self.asked.columns, self._all()[1])

    def _cells(self, columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[list[Any]]:
        read = [(column, column.reader(self.model), column.words()) for column in columns]
        for row in rows:
            yield [column.exported(value(row), words) for column, value, words in read]


def _language() -> str:
    return str(get_locale() or "fr")[:2]
