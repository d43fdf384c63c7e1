"""The demonstration country, shaped like Burundi: its areas, offices, depots and health facilities."""

import random
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

from core.data.reference import rows_of
from core.facilities.geography import Point, nearest, scattered

DATA = Path(__file__).parent / "data"
REFORM = date(2025, 6, 5)  # the elections that put organic law 1/05 of 2023 in force
DISTRICTS_SINCE = date(2009, 1, 1)
RUMONGE_SINCE = date(2015, 3, 26)  # the eighteenth province, taken from Bururi
HEALTH_CENTRES = 1130
NOT_REAL = " (démo)"
FOCUS = "DS-KAYANZA"  # the district of `seed demo --size district`
CENTRAL_DEPOT = "CAMEBU"

DIRECTIONS = {
    "DGS": "Direction générale des services de santé",
    "DPML": "Direction de la pharmacie, du médicament et des laboratoires",
    "DISE": "Direction des infrastructures sanitaires et des équipements",
    "DSNIS": "Direction du système national d’information sanitaire",
    "DRH": "Direction des ressources humaines",
    "DODS": "Direction de l’offre et de la demande des soins",
}
WARDS = {
    "PHA": ("Pharmacie", "pharmacy"),
    "MAT": ("Maternité", "service"),
    "PED": ("Pédiatrie", "service"),
    "MED": ("Médecine interne", "service"),
    "CHI": ("Chirurgie", "service"),
    "URG": ("Urgences", "service"),
    "LAB": ("Laboratoire", "service"),
}


@dataclass(frozen=True)
class FacilitySpec:
    """One unit of the country; `former_parents` are (parent code, from, to), `commune` is where it lies."""

    code: str
    name: str
    type: str
    parent: str | None = None
    status: str = "open"
    phone: str = ""
    population: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    commune: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    former_parents: tuple[tuple[str, date | None, date], ...] = ()


def demonstration(seed: int = 2026) -> list[FacilitySpec]:
    """Every unit of the demonstration country, each parent before its children, the same for the same seed."""
    return list(_Country(seed).units())


def district(specs: list[FacilitySpec], code: str = FOCUS) -> list[FacilitySpec]:
    """The units of one district, itself first, wards included."""
    inside = {code}
    for spec in specs:
        if spec.parent in inside:
            inside.add(spec.code)
    return [spec for spec in specs if spec.code in inside]


class _Country:
    """Reads the facts beside this file and adds what is only demonstration."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.provinces, self.former = _rows("provinces"), _rows("former_provinces")
        self.communes, self.districts = _rows("communes"), _rows("districts")
        self.hospitals = _rows("hospitals")
        self.home = {row["iso"]: row["province"] for row in self.former}
        self.seats = {row["name"]: _point(row) for row in self.districts}
        self.names = _place_names(self.draw, HEALTH_CENTRES)
        self.total = sum(int(row["population"]) for row in self.communes)
        self.phones, self.numbers = count(1), count(10_001)

    def units(self) -> Iterator[FacilitySpec]:
        yield self.unit(
            "BI", "Burundi", "country", None, (-3.38, 29.92), population=self.total, codes={"iso3166": "BI"}
        )
        yield from self.ministry()
        yield from self.areas()
        for row in self.districts:
            yield from self.district(row)

    def unit(self, code: str, name: str, kind: str, parent: str | None, at: Point, **more: object) -> FacilitySpec:
        """A unit with its DHIS2 identifier among its codes."""
        codes = {"dhis2": self.uid(), **more.pop("codes", {})}  # type: ignore[dict-item]
        return FacilitySpec(code, name, kind, parent, latitude=at[0], longitude=at[1], codes=codes, **more)  # type: ignore[arg-type]

    def uid(self) -> str:
        """An identifier of the form DHIS2 uses: a letter and ten letters or digits."""
        letters = string.ascii_letters
        return "".join([self.draw.choice(letters), *self.draw.choices(letters + string.digits, k=10)])

    def phone(self) -> str:
        """A number in a block that no subscriber has."""
        number = next(self.phones)
        return f"+257 22 00 {number // 100:02d} {number % 100:02d}"

    def ministry(self) -> Iterator[FacilitySpec]:
        at = (-3.378, 29.366)
        name = "Ministère de la Santé publique et de la Lutte contre le Sida"
        yield self.unit("MSPLS", name, "ministry", "BI", at, phone=self.phone())
        for code, label in DIRECTIONS.items():
            yield self.unit(code, f"{label} ({code})", "service", "MSPLS", at, phone=self.phone())
        name = "Centrale d’achat des médicaments essentiels du Burundi (CAMEBU)"
        yield self.unit(
            CENTRAL_DEPOT, name, "central_depot", "BI", (-3.366, 29.358), phone=self.phone(), opened_on=date(2000, 1, 1)
        )

    def areas(self) -> Iterator[FacilitySpec]:
        yield from map(self.province, self.provinces)
        yield from map(self.former_province, self.former)
        yield from map(self.provincial_office, self.provinces)
        yield from map(self.commune, self.communes)

    def province(self, row: dict[str, str]) -> FacilitySpec:
        return self.unit(
            row["code"],
            f"Province {row['name']}",
            "province",
            "BI",
            _point(row),
            opened_on=REFORM,
            population=self.population(row["code"]),
        )

    def former_province(self, row: dict[str, str]) -> FacilitySpec:
        """A province of before the reform: closed, its name kept for reports on the old map."""
        opened = RUMONGE_SINCE if row["iso"] == "BI-RM" else None
        name = f"Province {row['name']} (avant 2025)"
        return self.unit(
            row["iso"],
            name,
            "province",
            "BI",
            _point(row),
            status="closed",
            opened_on=opened,
            closed_on=REFORM,
            codes={"iso3166-2": row["iso"]},
        )

    def provincial_office(self, row: dict[str, str]) -> FacilitySpec:
        return self.unit(
            f"BPS-{row['code']}",
            f"BPS {row['name']}",
            "bps",
            row["code"],
            _point(row),
            opened_on=REFORM,
            phone=self.phone(),
        )

    def commune(self, row: dict[str, str]) -> FacilitySpec:
        return self.unit(
            f"COM-{_code(row['name'])}",
            f"Commune {row['name']}",
            "commune",
            row["province"],
            _point(row),
            opened_on=REFORM,
            population=int(row["population"]),
        )

    def population(self, province: str) -> int:
        return sum(int(row["population"]) for row in self.communes if row["province"] == province)

    def district(self, row: dict[str, str]) -> Iterator[FacilitySpec]:
        """A district with its depot, hospitals, their wards and its health centres."""
        code, at, people = f"DS-{_code(row['name'])}", self.seats[row["name"]], self.district_population(row)
        yield self.unit(
            code,
            f"District sanitaire {row['name']}{_mark(row)}",
            "district",
            self.home[row["former"]],
            at,
            phone=self.phone(),
            population=people,
            opened_on=DISTRICTS_SINCE,
            former_parents=_former_parents(row["former"]),
        )
        yield self.depot(row, code)
        yield from self.district_hospitals(row, code)
        yield from self.health_centres(row, code, people)

    def depot(self, row: dict[str, str], parent: str) -> FacilitySpec:
        at, name = _moved(self.seats[row["name"]], 0.004), f"Dépôt du district {row['name']}{_mark(row)}"
        return self.unit(
            f"DD-{_code(row['name'])}",
            name,
            "district_depot",
            parent,
            at,
            phone=self.phone(),
            opened_on=DISTRICTS_SINCE,
            commune=self.commune_of(row, at),
        )

    def district_population(self, row: dict[str, str]) -> int:
        province = self.home[row["former"]]
        weights = sum(int(one["weight"]) for one in self.districts if self.home[one["former"]] == province)
        return round(self.population(province) * int(row["weight"]) / weights)

    def commune_of(self, row: dict[str, str], at: Point) -> str:
        """The code of the commune nearest to a place, among those of its province."""
        here = [one for one in self.communes if one["province"] == self.home[row["former"]]]
        return "COM-" + _code(nearest(at, {one["name"]: _point(one) for one in here}))

    def district_hospitals(self, row: dict[str, str], parent: str) -> Iterator[FacilitySpec]:
        first = {"name": row["hospital"] + _mark(row), "type": "district_hospital"}
        others = [one for one in self.hospitals if one["district"] == row["name"]]
        for number, one in enumerate([first, *others], 1):
            at = _point(one) if number > 1 else _moved(self.seats[row["name"]], -0.005)
            code = f"HOP-{_code(row['name'])}" + (f"-{number}" if number > 1 else "")
            yield self.unit(
                code,
                one["name"],
                one["type"],
                parent,
                at,
                phone=self.phone(),
                opened_on=date(1980, 1, 1),
                commune=self.commune_of(row, at),
                codes={"snis": str(next(self.numbers))},
            )
            yield from self.wards(code, one["name"], at)

    def wards(self, parent: str, hospital: str, at: Point) -> Iterator[FacilitySpec]:
        for key, (label, kind) in WARDS.items():
            yield self.unit(f"{parent}-{key}", f"{label}, {hospital}", kind, parent, at)

    def health_centres(self, row: dict[str, str], parent: str, people: int) -> Iterator[FacilitySpec]:
        weights = [self.draw.uniform(0.55, 1.5) for _ in range(self.centres(row))]
        points = scattered(row["name"], len(weights), self.seats)
        for number, (weight, at) in enumerate(zip(weights, points, strict=True), 1):
            code, name = f"CDS-{_code(row['name'])}-{number:02d}", f"CDS {next(self.names)}{NOT_REAL}"
            yield self.unit(
                code,
                name,
                "cds",
                parent,
                at,
                phone=self.phone(),
                population=round(people * weight / sum(weights)),
                opened_on=date(self.draw.randint(1965, 2022), self.draw.randint(1, 12), 1),
                commune=self.commune_of(row, at),
                codes={"snis": str(next(self.numbers))},
            )

    def centres(self, row: dict[str, str]) -> int:
        """How many health centres a district has: its share of the country's, by running total so that they add up."""
        index, shares = self.districts.index(row), [self.district_population(one) for one in self.districts]
        before, after = sum(shares[:index]), sum(shares[: index + 1])
        return round(HEALTH_CENTRES * after / sum(shares)) - round(HEALTH_CENTRES * before / sum(shares))


def _rows(name: str) -> list[dict[str, str]]:
    return rows_of(DATA / f"{name}.csv")


def _words(name: str) -> list[str]:
    return (DATA / f"{name}.txt").read_text(encoding="utf-8").split()


def _point(row: dict[str, str]) -> Point:
    return float(row["latitude"]), float(row["longitude"])


def _moved(at: Point, by: float) -> Point:
    return round(at[0] + by, 5), round(at[1] - by / 2, 5)


def _mark(row: dict[str, str]) -> str:
    return "" if row["real"] == "1" else NOT_REAL


def _code(name: str) -> str:
    """The name in capitals without accents or blanks, fit for a code."""
    plain = unicodedata.normalize("NFD", name.upper())
    return "".join(letter for letter in plain.replace(" ", "-") if letter in string.ascii_uppercase + "-")


def _former_parents(iso: str) -> tuple[tuple[str, date | None, date], ...]:
    """The provinces a district belonged to before the reform, oldest first."""
    if iso == "BI-RM":
        return ("BI-BR", DISTRICTS_SINCE, RUMONGE_SINCE), (iso, RUMONGE_SINCE, REFORM)
    return ((iso, DISTRICTS_SINCE, REFORM),)


def _place_names(draw: random.Random, number: int) -> Iterator[str]:
    """Place names formed the Kirundi way, none twice."""
    heads, stems = _words("place_heads"), _words("place_stems")
    names = list(dict.fromkeys(head + stem for head in heads for stem in stems))
    return iter(draw.sample(names, number))
