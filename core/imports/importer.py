"""What an entity says to be imported: its fields, and two functions that look and write.

An entity offers `Entity(..., importer=Importer(...))`. The core does the rest: upload,
reading (CSV, XLSX, JSON), mapping of columns and values, preview, refusals, the one
transaction, the result page, `amagara import`. An importer is this, and no more:

    BATCHES = Importer(
        fields=[
            Field("product", _("Product"), parse.text(60), required=True, aliases=["code produit"]),
            Field("expires_on", _("Expiry"), parse.day),
            Field("quantity", _("Quantity"), parse.whole(0), required=True),
        ],
        key=["product", "number"],           # a second line with the same key is refused
        permission="elmis.catalogue.edit",
        prepare=prepare,
        apply=apply,
        example={"product": "AMX250", "expires_on": "2027-12-31", "quantity": "500"},  # of the template file
    )

    def prepare(rows: Iterator[Row], report: Report) -> Any:
        '''Read every row once, write nothing, return the plan (anything `apply` needs).'''
        products = dict(db.session.execute(select(Product.code, Product.id)).all())
        for row in rows:
            if row["product"] not in products:
                report.refuse(row, "product", _("There is no product with this code."))
            else:
                report.count("new", row)     # new, changed, same, or a kind of `outcomes`
        # report.ask("code", words, about=…) asks what is unusual: nothing is written before somebody said yes
        return products

    def apply(plan: Any, rows: Iterator[Row], report: Report) -> None:
        '''Write all rows, inside the one unit of work; flush, never commit.'''
        for batch in batches(rows):
            db.session.execute(insert(Lot), [{"product_id": plan[row["product"]], ...} for row in batch])
        audit.bulk("elmis.lot", "import", report.counts["new"], **report.facts)

`prepare` runs for the preview, before the unit of work, where nobody waits for it, and once more inside, with rows
that are read already, so `apply` always works from a fresh plan; a refusal at any moment leaves nothing behind. Where
files are so long that nobody may wait for that either, the importer is `lasting`: `prepare` runs before the unit of
work alone and keeps its plan in short transactions of its own, `apply` gets no rows and raises Stale when what the plan
rests on has changed meanwhile, and `forget(plan)` clears it away: keep what is bounded (codes and ids), not the rows.
Rows whose cells could not be read, or that lack a required field, are refused by the core and never reach
either function. Bulk inserts by Core pass by the rights of the session: check them in `prepare`
with `core.data.access.current().can(permission, facility)`.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from core.contract.ports import Words
from core.contract.words import _
from core.data.errors import Doubt, Question
from core.imports.parse import Reading

SHOWN, SAMPLES, BATCH = 500, 50, 2000
OUTCOMES: Mapping[str, Words] = {"new": _("New"), "changed": _("Changed"), "same": _("Unchanged")}
Parser = Callable[[str, Reading], Any]
Answers = Callable[[Question], str]  # what the person chose, "yes" to a question without choices, or ""


@dataclass(frozen=True)
class Field:
    """One input of an import.

    `parse(text, reading)` returns the value or raises Refused; it is never given an empty text:
    an empty cell gives None, and None means "leave what is stored as it is". `aliases` are other
    headings that are recognised. `choices()` returns {value: label} when only these are possible;
    the mapping page then asks what unknown words of the file mean. A name that ends in ":" stands
    for a family of columns ("code:dhis2", "code:openlmis"), with `suffixes()` to choose from.
    """

    name: str
    label: Words
    parse: Parser
    required: bool = False
    aliases: Sequence[str] = ()
    help: Words = ""
    choices: Callable[[], Mapping[str, Words]] | None = None
    suffixes: Callable[[], Sequence[str]] | None = None


@dataclass(frozen=True)
class Row:
    """A line of the file: `row["code"]` is the read value or None, `raw` what stood in the cells."""

    line: int
    values: Mapping[str, Any]
    raw: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def understood(self) -> dict[str, str]:
        """Return the numbers and days of this line as they were understood, where the cells say them otherwise."""
        kinds = (int, float, Decimal, date)
        told = {name: str(value) for name, value in self.values.items() if isinstance(value, kinds)}
        bare = {name: "".join(self.raw.get(name, "").split()) for name in told}
        return {name: text for name, text in told.items() if text not in ("True", "False", bare[name])}

    def family(self, prefix: str) -> dict[str, Any]:
        """Return {"dhis2": "abc"} of the filled columns "code:dhis2" for the prefix "code:"."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.values.items()
            if name.startswith(prefix) and value is not None
        }


@dataclass(frozen=True)
class Refusal:
    """A line that cannot be taken, and why."""

    line: int
    field: str
    value: str
    reason: Words


class Stale(Exception):
    """What an import was prepared from has changed: it has to be looked at again."""


def nobody(question: Question) -> str:
    """Return that the question is open."""
    return ""


class Report:
    """What an import would do, or did: counts, the first rows of each kind, every refusal.

    `facts` (file, sha256, run) belong in the audit line of a bulk write. What is unusual is asked: nothing is written
    before the person has said yes to each question.
    """

    def __init__(
        self, facts: Mapping[str, Any] | None = None, progress: Callable[[int], None] | None = None,
        answers: Answers = nobody,
    ) -> None:  # fmt: skip
        self.facts = dict(facts or {})
        self.progress, self.answers = progress, answers
        self.counts: Counter[str] = Counter()
        self.samples: dict[str, list[dict[str, Any]]] = {}
        self.lines = self.refused = 0
        self.refused_lines: set[int] = set()  # a line may be refused for several reasons
        self.refusals: list[Refusal] = []
        self.questions: list[Question] = []
        self.agreed: list[str] = []
        self._all: IO[str] | None = None

    def again(self) -> "Report":
        """Return an empty report of the same file, for another look at it."""
        return Report(self.facts, self.progress, self.answers)

    def count(self, kind: str, row: Row, detail: Words = "") -> None:
        """Count a row under a kind of the importer's `outcomes`; the first ones are shown."""
        self.counts[kind] += 1
        shown = self.samples.setdefault(kind, [])
        if len(shown) < SAMPLES:
            shown.append({"line": row.line, "values": dict(row.raw), "read": row.understood(), "detail": str(detail)})

    def refuse(self, row: Row, field: str, reason: Words) -> None:
        """Refuse a row: nothing of the file will be written."""
        self.add(Refusal(row.line, field, row.raw.get(field, ""), reason))

    def add(self, refusal: Refusal) -> None:
        """Keep a refusal: the first ones in memory, all of them in a spooled CSV."""
        self.refused += 1
        self.refused_lines.add(refusal.line)
        if len(self.refusals) < SHOWN:
            self.refusals.append(refusal)
        if self._all is None:
            spool = SpooledTemporaryFile(2**20)  # noqa: SIM115 (closed with the report)
            self._all = io.TextIOWrapper(spool, encoding="utf-8", newline="")
        csv.writer(self._all).writerow([refusal.line, refusal.field, harmless(refusal.value), str(refusal.reason)])

    def ask(self, code: str, words: Words, about: str = "", field: str | None = None) -> None:
        """Ask whether something unusual of this file is right; `about` holds what is asked about."""
        self.questions.append(Question(code, words, about, field))

    def choose(
        self, code: str, words: Words, choices: Sequence[tuple[str, Words]], about: str = "", field: str | None = None
    ) -> str:
        """Ask what only a person knows; return the choice, or "" as long as nobody has made it."""
        self.questions.append(question := Question(code, words, about, field, choices=choices))
        return self.answer(question)

    def answer(self, question: Question) -> str:
        """Return what the person said to a question, or "" when it is open."""
        said = self.answers(question)
        return said if not question.choices or said in dict(question.choices) else ""

    def settle(self) -> list[str]:
        """Return the questions that the person has answered, in words; Doubt holds those that are open."""
        if left := [one for one in self.questions if not self.answer(one)]:
            raise Doubt(left)
        return [f"{one.words} {dict(one.choices).get(self.answer(one), '')}".strip() for one in self.questions]

    def refusals_csv(self) -> bytes:
        """Return the lines of all refusals as CSV, without a heading."""
        if self._all is None:
            return b""
        self._all.flush()
        self._all.seek(0)
        data = self._all.read().encode()
        self._all.seek(0, io.SEEK_END)
        return data

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON keeps it."""
        refusals = [{**vars(each), "reason": str(each.reason)} for each in self.refusals]
        numbers = {
            "lines": self.lines, "counts": dict(self.counts), "refused": self.refused,
            "refused_lines": len(self.refused_lines),
        }  # fmt: skip
        asked = [
            {"code": one.code, "words": str(one.words), "token": one.token,
             "choices": [(code, str(words)) for code, words in one.choices]} for one in self.questions
        ]  # fmt: skip
        return {**numbers, "refusals": refusals, "samples": self.samples, "questions": asked}


def harmless(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


@dataclass(frozen=True)
class Importer:
    """How rows of an entity come in; see the head of this file.

    `outcomes` adds kinds to new, changed and same, {kind: label}, in the order of the preview.
    `known` lists files of other systems, each as {column: field}: it is proposed when all its columns are there; no
    field ("") leaves a column out.
    `example` is the line of the template file, {field: text}; a field that it does not name is no column of it.
    """

    fields: Sequence[Field]
    key: Sequence[str]
    permission: str
    prepare: Callable[[Iterator[Row], Report], Any]
    apply: Callable[[Any, Iterator[Row], Report], None]
    outcomes: Mapping[str, Words] = field(default_factory=dict)
    known: Sequence[Mapping[str, str]] = ()
    example: Mapping[str, str] = field(default_factory=dict)
    lasting: bool = False
    forget: Callable[[Any], None] = lambda plan: None

    def field(self, name: str) -> Field | None:
        """Return a field by name; "code:dhis2" finds the family "code:"."""
        for each in self.fields:
            if each.name == name:
                return None if name.endswith(":") else each
            if each.name.endswith(":") and name.startswith(each.name) and 0 < len(name) - len(each.name) <= 40:
                return replace(each, name=name)
        return None

    def sample(self) -> dict[str, str]:
        """Return the example line in the language of the reader; a word that cannot be chosen here gives way to one
        that can."""
        found = dict(self.example)
        if all(each.choices for name in found if (each := self.field(name)) is not None):
            return found  # of choices alone: in words it could be a line of a real list, and would be passed over
        for name, text in found.items():
            each = self.field(name)
            if text and each is not None and each.choices:
                choices = each.choices()
                found[name] = str(choices.get(text) or next(iter(choices.values()), ""))
        return found

    def kinds(self) -> dict[str, Words]:
        """Return the kinds of outcome, in order."""
        return {**OUTCOMES, **self.outcomes}


def batches(rows: Iterable[Row], size: int = BATCH) -> Iterator[list[Row]]:
    """Yield the rows in lists of `size`."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
