"""Frozen values that the core and the plugins hand to one another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Protocol

PUBLIC = "public"  # in the place of a right: nobody has to be signed in
Words = Any  # a str, or a lazy translation that becomes one when shown
APP, MAIL, SMS = CHANNELS = ("app", "mail", "sms")  # the ways by which people are told


@dataclass(frozen=True)
class Permission:
    """A right that a role may hold, e.g. "elmis.stock.view".

    A `national` one changes what all facilities share: it counts only where it is held for the whole country. A
    `professional` one is no matter of technique: whoever holds "all rights" may give it, and does not hold it himself.
    A `personal` one is used by whoever was given it, and by nobody who stands in for him.
    """

    name: str
    label: Words
    national: bool = False
    professional: bool = False
    personal: bool = False


@dataclass(frozen=True)
class RoleSpec:
    """A ready-made role: a bundle of permission names, "elmis.*" meaning all of a prefix, "*.view" all reading."""

    code: str
    label: Words
    permissions: Sequence[str]


@dataclass(frozen=True)
class MenuItem:
    """A line of the side menu; what waits behind it is counted from the tasks that name its endpoint.

    Of several rights any one is enough; with None it is for everybody signed in.
    """

    label: Words
    endpoint: str
    permission: str | tuple[str, ...] | None
    section: Words = ""
    icon: str = "box"
    order: int = 500  # after the daily work of a store, before the network and the administration
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """A part of a detail page, drawn by `template` with `context`; `url` and `link` lead to more from its head."""

    title: Words
    template: str
    context: Mapping[str, Any]
    url: str | None = None
    link: Words = ""
    aside: bool = False  # belongs into the narrow column
    order: int = 100
    above: bool = False  # of the page of a row: stands above its columns, without a frame
    flush: bool = False  # its table fills it from edge to edge


@dataclass(frozen=True)
class Home:
    """The home page of a place: what `panels` is called with to get its plots and maps."""

    facility: Any


@dataclass(frozen=True)
class Card:
    """A figure of the dashboard that opens its rows."""

    label: Words
    value: str
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    detail: Words = ""
    trend: Sequence[float | None] = ()
    tone: str = ""
    order: int = 100


@dataclass(frozen=True)
class Action:
    """Something that a person does often, from the home page: offered to whoever holds the right at his place."""

    label: Words
    endpoint: str
    permission: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A plugin's place on the home page: its cards stand below its title.

    `rights` says for whom it is, and how much of the day it takes of whoever holds a right, 0 to 100: the section that
    takes most stands first. Of `actions` the first one that a person may do is his. `icon` is an SVG file of the
    plugin's own static folder, "visitors:icon", or one of the core's.
    """

    title: Words
    endpoint: str
    rights: Mapping[str, int]
    actions: Sequence[Action] = ()
    icon: str = "box"


@dataclass(frozen=True)
class Task:
    """One thing that waits for a person: what, where to do it, and until when."""

    title: Words
    url: str
    action: Words
    detail: Words = ""
    due: date | None = None
    icon: str = "file-text"
    entity: str = ""
    menu: str = ""  # the endpoint of the menu line that leads there too
    count: int = 1  # how many such things, where one task stands for a list of them


@dataclass(frozen=True)
class Hit:
    """What the search found beside the rows of entities: its number, where it belongs, and its page.

    `numbers` are further ones under which people ask for exactly this.
    """

    title: Words
    url: str
    detail: Words = ""
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Label:
    """What a printed label of a row says: a code to scan, and as much of the text beside it as fits.

    `code` is what a reader sends: a short number that the search understands, or with `gs1` an element string with
    its identifiers in brackets, "(01)…(17)…(10)…". It is drawn whole or not at all; `title`, `lines` and the small
    print are shortened where they have to be, and left out from the end.
    """

    code: str
    title: Words
    lines: Sequence[Words] = ()
    small: Words = ""
    symbology: Literal["datamatrix", "qr"] = "datamatrix"
    gs1: bool = False


@dataclass(frozen=True)
class Obstacle:
    """What closing a place would strand, and the page on which it is cleared away ("" where there is none); what does
    not hold (`holds`) is told, and the place may close all the same."""

    label: Words
    detail: Words = ""
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    action: Words = ""
    holds: bool = True


@dataclass(frozen=True)
class Event:
    """A fact that was committed: `topic` "elmis.order.shipped", `ref` "elmis.order/12"; when, and by whom."""

    id: int
    topic: str
    ref: str
    data: Mapping[str, Any]
    at: datetime
    user_id: int | None
    user_label: str


@dataclass(frozen=True)
class Fact:
    """A kind of fact that others may be told of: its topic, "elmis.order.shipped", and what has happened, in words."""

    topic: str
    label: Words


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice: the facts it is about, whom it tells, and what it says; people switch it off by its name.

    `who` returns the ids of people, from the fact and the object it is about (None where that is no entity's); it is
    asked once, by the machine. Whoever did it, and whoever may not read the object, is left out afterwards. `said`
    returns (title, line), drawn whenever it is shown, in the language of whoever reads. The title leaves the house by
    mail and SMS: it says what happened and a number; the line stays inside. `permission` is needed besides.
    """

    name: str
    label: Words
    topics: Sequence[str]
    who: Callable[[Event, Any], Iterable[int]]
    said: Callable[[Event], tuple[Words, Words]]
    channels: Sequence[str] = (APP, MAIL)  # unless a person has chosen otherwise
    urgent: bool = False  # goes out at once; by SMS too, where a person has asked for it
    permission: str = ""
    endpoint: str = ""  # the page that it leads to, where it is not that of the object
    icon: str = "bell"


LAST = -1  # the last day of a month


@dataclass(frozen=True)
class Recurring:
    """Work that comes back by itself: a registered kind of job, and `every` so often or `at` a time of the day.

    That is each day, on a `weekday` (0 is Monday), or on a `day` of the month (of a shorter month the last; LAST). On a
    day that is no working day of the country it may wait for the working day "after", or come on the one "before".

    `due` says whether there is anything to do; where there is not, the turn passes without a job.
    """

    kind: str
    label: Words
    every: timedelta | None = None  # counted from midnight UTC: an hour is a full hour
    at: time | None = None  # in the facilities' time zone
    weekday: int | None = None
    day: int | None = None
    working: Literal["", "before", "after"] = ""
    due: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.at is None):
            raise ValueError(f"{self.kind}: say either `every` or `at`")
        dated = self.weekday is not None, self.day is not None
        if all(dated) or (self.every is not None and (any(dated) or self.working)):
            raise ValueError(f"{self.kind}: say either a day of the week or one of the month, with `at`")
        if self.weekday not in (None, *range(7)) or self.day not in (None, LAST, *range(1, 32)):
            raise ValueError(f"{self.kind}: weekdays are 0 to 6, days of the month 1 to 31, or LAST")


@dataclass(frozen=True)
class OnHand:
    """What a store can give out of a product, in base units."""

    code: str
    name: str
    unit: str
    quantity: int


@dataclass(frozen=True)
class LotHeld:
    """A lot as it lies somewhere: `key` is what the stock calls it, `quantity` in base units; `expiry` its last day."""

    key: str
    code: str
    name: str
    lot: str
    expiry: date | None
    quantity: int
    unit: str
    store: str


@dataclass(frozen=True)
class StaffMember:
    """Somebody of the workforce as other plugins know him: his reference, name, and account where he has one."""

    ref: str
    name: str
    user_id: int | None


@dataclass(frozen=True)
class StandIn:
    """Who holds a post as an interim, and its titular, None where it has none."""

    post: str
    interim: StaffMember
    titular: StaffMember | None


class NotCarried(Exception):
    """A message was not taken by whoever carries it; `lasting` says that another try would end alike."""

    def __init__(self, why: str, lasting: bool = False) -> None:
        super().__init__(why)
        self.lasting = lasting


class SmsGateway(Protocol):
    """Whoever carries short messages to telephones."""

    def send(self, number: str, text: str, mark: str = "") -> str:
        """Return what the gateway answered, for a number such as "+25779123456"; raises NotCarried. A `mark` that
        comes a second time is the same message: whoever was killed while sending sends again."""


class Staff(Protocol):
    """The health workforce, wherever it is kept."""

    def qualified(self, skill: str, facility: Any, on: date) -> Sequence[StaffMember]:
        """Return who works at a facility or below it on a day and holds a skill that is valid then, by name."""

    def is_qualified(self, user_id: int, skill: str, on: date) -> bool | None:
        """Return whether the person of an account holds a skill on a day; None where nothing is known of either."""

    def stand_ins(self, facility: Any, on: date) -> Sequence[StandIn]:
        """Return who holds a post of a facility, or below it, as an interim on a day, and for whom."""


class Stock(Protocol):
    """The stock of health products and spare parts, wherever it is kept."""

    def available(self, facility: Any, code: str) -> OnHand | None:
        """Return what a facility's store can give out of a product; None when nobody knows the code."""

    def issue(self, facility: Any, code: str, quantity: int, ref: str, *, note: str = "") -> Sequence[str]:
        """Return the ids of what was given out for an object ("gmao.workorder/12"); raises Refused."""

    def stores(self, facility: Any) -> Mapping[str, str]:
        """Return {what the stock calls it: name} of the stores of a facility."""

    def cold_lots(self, facility: Any, store: str = "") -> Sequence[LotHeld]:
        """Return the lots of a facility's stores, or of one of them, whose products need the cold chain."""

    def quarantine(self, facility: Any, lots: Sequence[str], ref: str, *, number: str, note: str) -> Sequence[str]:
        """Return the ids of what went from stores into quarantine for an object; `number` is what people call it."""

    def quarantined(self, facility: Any, ref: str) -> Sequence[LotHeld]:
        """Return what still lies in quarantine for an object, each lot with the store that it was taken from."""

    def end_quarantine(
        self, facility: Any, lots: Sequence[str], ref: str, *, number: str, note: str, usable: bool
    ) -> Sequence[str]:
        """Return the ids of what went back to its stores, where it is usable, or was destroyed; raises Refused."""

    def ask(self, facility: Any, code: str, quantity: int, *, note: str = "") -> str:
        """Return the number of the request on which the store asks its supplier for what it lacks of a product; ""
        where it lacks nothing or cannot ask. It is a draft of whoever keeps the store: asking for it needs no right of
        the stock."""
