"""Lists from outside: read or refused in clear words, all or nothing, twice is once."""

import io
import json
import unicodedata
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from flask_babel import refresh
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data import audit, figures
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import perform, unit_of_work
from core.facilities.importer import FACILITIES
from core.facilities.models import Facility, FacilityCode
from core.imports import parse, readers, services
from core.imports.cli import export_list, import_list
from core.imports.files import cells, sheet
from core.imports.files import text as files_text
from core.imports.files.cells import Marked
from core.imports.mapping import Mapped
from core.imports.models import DONE, REFUSED, ImportPart, ImportRun
from core.imports.parse import Reading
from core.web import exports
from tests import make
from tests.pages import Forms, untranslated

ENTITY = "core.facility"
HEAD = "code,name,type,parent"
XSS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "'; DROP TABLE core_facility;--"]


@pytest.fixture(autouse=True)
def english(app, monkeypatch):
    """Speak English: the tests read the words."""
    monkeypatch.setitem(app.config, "BABEL_DEFAULT_LOCALE", "en")
    refresh()


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(data, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def look(path, chosen=services.propose):
    """Return the report of a dry run."""
    return services.dry_run(ENTITY, path, chosen)


def take(path, chosen=services.propose):
    """Import a file and return its run."""
    return services.take(ENTITY, path, chosen=chosen)


def taken_apart(path):
    """Return the table of a file, its lines kept beside it."""
    return readers.table(readers.take_apart(path, path.name, path.with_suffix(".table")))


def received(path, place_id=None):
    """Send a file and return the id of its run."""
    with services.sent(ENTITY, path.name, path) as file:
        return perform(lambda: services.receive(file, place_id).id)


def reasons(report):
    """Return {(line, field): reason}."""
    return {(each.line, each.field): str(each.reason) for each in report.refusals}


def facilities():
    return db.session.scalar(select(func.count()).select_from(Facility))


def book(rows, change=None):
    """Return an XLSX; `change(name, text)` may rewrite the parts of its archive."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    stream = io.BytesIO()
    made.save(stream)
    if change is None:
        return stream.getvalue()
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry).decode()))
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_usual_encodings_and_separators_are_read(app, world, file, encoding, delimiter):
    text = f'{HEAD}\r\nN1,"Hôpital « Été », n° 1",health_centre,P1A\r\n'
    if delimiter != ",":
        text = text.replace(",", delimiter).replace(f"»{delimiter}", "»,")
    take(file(text.encode(encoding)))
    assert db.session.scalar(select(Facility.name).where(Facility.code == "N1")) == "Hôpital « Été », n° 1"


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850", "cp437", "cp1252"])
def test_letters_of_another_code_page_are_refused_where_they_stand(app, world, file, encoding):
    """SŽrum and S‚rum came in without a question; a right Windows-1252 file keeps its dashes, dots and quotes."""
    lines = [
        "N1,Sérum physiologique,health_centre,P1A", "N2,Muyinga,health_centre,P1A",
        "N3,Hôpital à réveiller,health_centre,P1A", "N4,août,health_centre,P1A", "N5,unité,health_centre,P1A",
    ]  # fmt: skip
    right = ["N6,Nord–Sud… l’« œuvre » “d’ici” 5 ‰ Škoda ™ • Ø,health_centre,P1A"] if encoding == "cp1252" else []
    path = file((HEAD + "\n" + "\n".join([*lines, *right])).encode(encoding))
    found = {(one.line, one.field) for one in services.dry_run("core.facility", path, services.propose).refusals}
    assert ("letters of Windows" if right else "letters of a Mac or of MS-DOS") in str(taken_apart(path).note)
    assert found == (set() if right else {(line, "name") for line in (2, 4, 5, 6)})
    with pytest.raises(Refused, match=r"UTF-8"):
        services.dry_run("core.facility", file("code,name,libellé\nA,B,C\n".encode("cp850")), services.propose)


@pytest.mark.parametrize("first", ["sep=;", "\ufeffSEP=;", '"sep=;"', "sep=;;;"])
def test_the_first_line_in_which_a_spreadsheet_names_its_separator_is_no_heading(app, world, file, first):
    text = f"{first}\r\n{HEAD}\r\nN1,a;b,health_centre,P1A\r\n".replace(",", "\0").replace(";", ",").replace("\0", ";")
    text = text.replace(first.replace(";", ","), first)
    report = services.dry_run("core.facility", file(text.encode()), services.propose)
    (row,) = report.samples["new"]
    assert (row["line"], row["values"]["name"]) == (3, "a,b")


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"\xff\xfe" + b"a\x00" * 3 + b"\x00\xd8", "CSV UTF-8"),
        (b"%PDF-1.7 ...", "CSV or XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "CSV or XLSX"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"code,code\nA,B\n", "Two columns"),
        (b'code,name\nA,"never closed\n', "Line 2"),
        (b'{"organisationUnits": [1, 2]}', "list of objects"),
        (b'{"a": ', "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"a," * 300 + b"b\n1\n", "columns"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(app, world, file, data, said):
    with pytest.raises(Refused, match=said):
        look(file(data))


def test_a_spreadsheet_may_lie_about_its_size(app, world, file):
    rows = [HEAD.split(","), *([f"N{n}", f"Name {n}", "health_centre", "P1A"] for n in range(50))]

    def lie(name, text):
        return text.replace('<dimension ref="A1:D51"', '<dimension ref="A1:A2"') if "sheet1" in name else text

    assert look(file(book(rows, lie), "list.xlsx")).counts == {"new": 50}


def test_a_row_number_beyond_all_measure_is_refused(app, world, file):
    def far(name, text):
        return text.replace('r="2"', 'r="2000000000"') if "sheet1" in name else text

    with pytest.raises(Refused, match="lines"):
        look(file(book([HEAD.split(","), ["N1", "x", "health_centre", "P1A"]], far), "list.xlsx"))


def test_formulas_and_errors_are_refused_with_line_and_column(app, world, file):
    rows = [[*HEAD.split(","), "note"], ["N1", '=CONCATENATE("a","b")', "health_centre", "P1A", "=1+1"]]
    report = look(file(book(rows), "list.xlsx"))
    assert list(reasons(report)) == [(2, "name")], "only cells that would be imported count"
    assert "B2" in reasons(report)[2, "name"]


def test_cells_of_spreadsheets_keep_what_was_typed(app, world, file):
    rows = [
        [*HEAD.split(","), "population", "opened_on"],
        [1234, "x", "health_centre", "P1A", 1200.0, date(2020, 5, 4)],
    ]
    take(file(book(rows), "list.xlsx"))
    made = db.session.scalar(select(Facility).where(Facility.code == "1234"))
    assert (made.population, made.opened_on) == (1200, date(2020, 5, 4))


@pytest.mark.parametrize(
    "change",
    [
        lambda name, text: text + " " * (30 * 2**20) if "sheet1" in name else text,
        lambda name, text: '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + text.split("?>", 1)[-1]
        if "sheet1" in name else text,
        lambda name, text: "<worksheet" if "sheet1" in name else text,
        lambda name, text: "" if "workbook.xml" in name else text,
    ],
    ids=["bomb", "entities", "cut", "no workbook"],
)  # fmt: skip
def test_hostile_and_damaged_spreadsheets_are_refused(app, world, file, change):
    with pytest.raises(Refused):
        look(file(book([HEAD.split(","), ["N1", "x", "health_centre", "P1A"]], change), "list.xlsx"))


def test_too_many_entries_are_refused(app, world, file):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        for number in range(sheet.ENTRIES):
            archive.writestr(f"{number}", "")
    with pytest.raises(Refused, match="unpack"):
        look(file(out.getvalue(), "list.xlsx"))


@pytest.mark.parametrize(
    "value", ["-1", "1e400", "NaN", "Infinity", "9" * 400, "1.5", "1,2.3", "٣٤", "<b>1</b>", "2147483648000"]
)
def test_numbers_that_cannot_be_are_refused(app, world, file, value):
    report = look(file(f'{HEAD},population\nN1,x,health_centre,P1A,"{value}"\n'))
    assert list(reasons(report)) == [(2, "population")]


@pytest.mark.parametrize(
    "value, read", [("1 200", 1200), ("1\u00a0200", 1200), ("1\u202f200,00", 1200), ("+7", 7), ("007", 7)]
)
def test_numbers_are_read_as_people_write_them(app, value, read):
    assert parse.whole()(value, Reading()) == read


@pytest.mark.parametrize(
    "value", ["2025-02-30", "31/04/2025", "2025-13-01", "0000-00-00", "9999-01-01", "tomorrow", "1/2/25", "٢٠٢٥-٠١-٠١"]
)
def test_days_that_cannot_be_are_refused(app, world, file, value):
    path = file(f"{HEAD},opened_on\nN1,x,health_centre,P1A,{value}\n")
    report = look(path, lambda importer, table: Mapped(services.propose(importer, table).columns, {}, "dmy"))
    assert list(reasons(report)) == [(2, "opened_on")]


@pytest.mark.parametrize(
    "cells, dates, first",
    [
        (["2025-04-03"], "iso", date(2025, 4, 3)),
        (["03/04/2025", "13/04/2025"], "dmy", date(2025, 4, 3)),
        (["03/04/2025"], "", None),
        (["04/13/2025"], "", None),
    ],
)
def test_the_order_of_day_and_month_is_asked_where_it_is_not_plain(app, world, file, cells, dates, first):
    path = file("\n".join([f"{HEAD},opened_on", *(f"N{n},x,health_centre,P1A,{cell}" for n, cell in enumerate(cells))]))
    table = taken_apart(path)
    assert services.propose(FACILITIES, table).dates == dates
    report = look(path)
    assert bool(report.refused) == (first is None)
    if first is None:
        assert "Choose" in reasons(report)[2, "opened_on"]
        chosen = services.propose(FACILITIES, table).columns
        assert not look(path, lambda i, t: Mapped(chosen, {}, "mdy")).refused


@pytest.mark.parametrize("word", ["true", "TRUE", "oui", "Oui", "1", "open", "Ouvert"])
def test_yes_opens(app, word):
    assert FACILITIES.field("status").parse(word, Reading()) == "open"


@pytest.mark.parametrize("word", ["false", "NON", "0", "closed", "fermé", "FERME"])
def test_no_closes(app, word):
    assert FACILITIES.field("status").parse(word, Reading()) == "closed"


@pytest.mark.parametrize(
    "text, place", [("POINT(29.3 -3.4)", (-3.4, 29.3)), ("SRID=4326;POINT (29.3 -3.4)", (-3.4, 29.3))]
)
def test_points_are_longitude_first(app, text, place):
    assert parse.point(text, Reading()) == place


@pytest.mark.parametrize(
    "text", ["POINT(1)", "POINT(200 0)", "POINT(0 91)", "LINESTRING(1 2,3 4)", "POINT(1.2.3 4)", "POINT(" + "1" * 10**5]
)
def test_points_off_the_earth_are_refused(app, text):
    with pytest.raises(Refused):
        parse.point(text, Reading())


def test_every_refusal_names_line_field_value_and_reason(app, world, file):
    report = look(
        file(
            f"{HEAD},latitude,status\n"
            "N1,Good,health_centre,P1A,,\n"
            "N2,No parent,health_centre,NOWHERE,,\n"
            "N3,No type,,P1A,,\n"
            "N1,Twice,health_centre,P1A,,\n"
            "N4,Half a place,health_centre,P1A,3.1,\n"
            ",No code,health_centre,P1A,,\n"
            "N5,Odd status,health_centre,P1A,,perhaps\n"
            "N6,Odd type,castle,P1A,,\n"
            "N7,Too many cells,health_centre,P1A,,,extra\n"
        )
    )
    assert set(reasons(report)) == {
        (3, "parent"), (4, "code"), (5, "code"), (6, "latitude"), (7, "code"), (8, "status"), (9, "type"), (10, ""),
    }  # fmt: skip
    assert report.counts == {"new": 1}
    assert b"NOWHERE" in report.refusals_csv() and len(report.refusals_csv().splitlines()) == 8


def test_one_bad_line_and_nothing_is_written(app, world, file):
    trail = select(func.count()).where(audit.AuditEntry.entity == ENTITY)
    before = facilities(), db.session.scalar(trail)
    path = file(f"{HEAD}\nN1,Good,health_centre,P1A\nN2,Bad,health_centre,NOWHERE\n")
    with pytest.raises(Refused, match="1 line"):
        take(path)
    db.session.rollback()
    assert (facilities(), db.session.scalar(trail)) == before


def test_a_failure_while_writing_leaves_nothing(app, world, file, monkeypatch):
    before = facilities()
    monkeypatch.setattr("core.facilities.importer._set_paths", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(file(f"{HEAD}\nN1,Good,health_centre,P1A\n"))
    assert facilities() == before


def test_the_same_file_again_changes_nothing(app, world, file):
    path = file(f"{HEAD},code:dhis2,population\nN1,One,district,P1,u1,12\nN2,Two,health_centre,N1,u2,\n")
    assert take(path).counts == {"lines": 2, "refused": 0, "new": 2}
    rows = facilities(), db.session.scalar(select(func.count()).where(audit.AuditEntry.entity == "core.facility"))
    assert take(path).counts == {"lines": 2, "refused": 0, "same": 2}
    assert (
        facilities(),
        db.session.scalar(select(func.count()).where(audit.AuditEntry.entity == "core.facility")),
    ) == rows


def test_a_run_is_applied_once_however_often_it_is_confirmed(app, world, file):
    path = file(f"{HEAD}\nN1,One,district,P1\n")
    row = take(path)
    assert row.state == DONE
    services.apply(row.id)
    with pytest.raises(Conflict):
        services.look(row.id)
    parts = db.session.scalars(select(ImportPart.part).where(ImportPart.run_id == row.id)).all()
    assert set(parts) == {services.REPORT, services.REFUSALS}, "the file itself is not kept"


def test_lines_in_any_order_and_parents_by_any_code(app, world, file):
    take(file(f"{HEAD},code:openlmis\nN3,Three,health_centre,u2,u3\nN2,Two,district,u1,u2\nN1,One,province,BI,u1\n"))
    three = db.session.scalar(select(Facility).where(Facility.code == "N3"))
    assert [three.parent.code, three.parent.parent.code, three.parent.parent.parent.code] == ["N2", "N1", "BI"]
    assert three.path == f"{three.parent.path}{three.id}/"


def test_what_would_happen_is_told_by_kind(app, world, file):
    path = file(
        "code,name,parent,status,phone\n"
        "P1A-CDS1,Muyange,P1A,,\n"
        "P1A-CDS2,P1A-CDS2,P2A,,\n"
        "P1B-CDS1,P1B-CDS1,P1B,closed,\n"
        "P1B-CDS2,P1B-CDS2,P1B,,79 000 000\n"
        "P2A-CDS1,P2A-CDS1,P2A,open,\n"
    )
    assert look(path).counts == {"renamed": 1, "moved": 1, "closed": 1, "changed": 1, "same": 1}
    take(path)
    assert [name.name for name in world["P1A-CDS1"].names] == ["P1A-CDS1"]
    assert [former.parent_name for former in world["P1A-CDS2"].parents] == ["P1A"]
    assert (world["P1B-CDS1"].status, world["P1B-CDS2"].phone) == ("closed", "79 000 000")
    assert audit.verify() == []


def test_circles_and_clashes_are_found_before_anything_is_written(app, world, file):
    report = look(file("code,parent\nP1,P1A\nP1A,P1\nBI,BI\n"))
    assert set(reasons(report)) == {(2, "parent"), (3, "parent"), (4, "parent")}
    with unit_of_work():
        db.session.add(FacilityCode(facility=world["P1"], scheme="dhis2", value="u1"))
    report = look(file("code,name,type,parent,code:dhis2\nP2,P2,,,u1\nNEW,New,district,P1,u1\n"))
    assert set(reasons(report)) == {(2, "code"), (3, "code")}


def test_places_may_be_exchanged(app, world, file):
    """A goes below what was below A: the order of the moves makes no circle on the way."""
    take(file("code,parent\nP1A,BI\nP1,P1A\n"))
    assert world["P1"].path.startswith(world["P1A"].path)
    assert world["P1B-CDS1"].path.startswith(world["P1"].path)


def test_only_what_one_may_change_is_taken(app, world, file):
    access = Access(world.users["nobody"], "x", (("core.import", "/"), ("core.facility.edit", world["P1"].path)))
    with acting(access):
        report = look(
            file(f"{HEAD}\nN1,x,health_centre,P1A\nN2,x,health_centre,P2A\nN3,x,province,\nP2B,new,district,P1\n")
        )
        found = reasons(report)
        assert set(found) == {(3, "parent"), (4, "parent"), (5, "parent")}
        assert "“x” belongs to nothing" in found[4, "parent"] and "belongs" not in found[5, "parent"]
    with acting(Access(1, "x", (("core.import", "/"),))), pytest.raises(NotAllowed):
        look(file(f"{HEAD}\n"))


@pytest.mark.parametrize("text", XSS)
def test_hostile_words_are_only_words(app, world, file, text):
    quoted = text.replace('"', '""')
    take(file(f'{HEAD}\n"X1","{quoted}",health_centre,P1A\n'))
    assert db.session.scalar(select(Facility.name).where(Facility.code == "X1")) == text


def test_control_signs_and_long_texts_are_refused(app, world, file):
    lines = ['N1,"a\nb"', f"N2,{'x' * 201}", "N3,a\x7fb"]
    report = look(file("\n".join([HEAD, *(f"{line},health_centre,P1A" for line in lines)])))
    assert set(reasons(report)) == {(2, "name"), (4, "name"), (5, "name")}


def test_dhis2_organisation_units(app, world, file):
    units = [
        {"id": "ImspTQPwCqd", "name": "Sierra Leone", "level": 1, "openingDate": "1994-01-01T00:00:00.000"},
        {"id": "O6uvpzGd5pu", "code": "OU_264", "name": "Bo", "level": 2, "parent": {"id": "ImspTQPwCqd"},
         "openingDate": "1990-01-01", "geometry": {"type": "Point", "coordinates": [-11.7, 7.9]}},
        {"id": "YuQRtpLP10I", "code": "OU_539", "name": "Badjia", "level": 3, "parent": {"id": "O6uvpzGd5pu"},
         "closedDate": "2020-12-31", "translations": [{"x": 1}]},
    ]  # fmt: skip
    path = file(json.dumps({"pager": {"page": 1}, "organisationUnits": units}), "units.json")

    def chosen(importer, table):
        proposed = services.propose(importer, table)
        levels = {"1": "country", "2": "province", "3": "district"}
        return Mapped(proposed.columns, {"type": levels}, proposed.dates)

    take(path, chosen)
    badjia = db.session.scalar(select(Facility).where(Facility.code == "OU_539"))
    assert [place.code for place in (badjia, badjia.parent, badjia.parent.parent)] == [
        "OU_539",
        "OU_264",
        "ImspTQPwCqd",
    ]
    assert (badjia.status, badjia.closed_on, badjia.parent.longitude) == ("closed", date(2020, 12, 31), -11.7)
    assert look(path, chosen).counts == {"same": 3}


def test_openlmis_facilities_with_words_of_their_own(app, world, file):
    take(
        file("id,code,name,levelid,parentid\nz1,Z1,Balaka,L3,BI\n"),
        lambda i, t: Mapped(services.propose(i, t).columns, {"type": {"L3": "district"}}),
    )
    path = file(
        "id,active,code,enabled,name,geographiczoneid,typeid,location\n"
        "f1,true,HC01,true,Comfort,z1,T1,POINT(34.9 -15.0)\n"
        "f2,FALSE,HC02,true,Phalula,z1,T1,\n"
    )
    table = taken_apart(path)
    from core.imports.mapping import look as look_at

    proposed = services.propose(FACILITIES, table)
    assert look_at(FACILITIES, table, proposed.columns).unknown == {"type": {"T1": 2}}
    take(path, lambda i, t: Mapped(proposed.columns, {"type": {"T1": "health_centre"}}))
    comfort = db.session.scalar(select(Facility).where(Facility.code == "HC01"))
    assert (comfort.parent.code, comfort.latitude, comfort.status) == ("Z1", -15.0, "open")


def test_an_empty_cell_leaves_what_is_stored(app, world, file):
    with unit_of_work():
        world["P1"].phone = "22 00"
    assert look(file("code,phone,population\nP1,,\n")).counts == {"same": 1}


def test_a_refused_run_keeps_its_report(app, world, file):
    path = file(f"{HEAD}\nN1,x,health_centre,NOWHERE\n")
    run_id = received(path)
    assert services.look(run_id) == REFUSED
    report = services.report_of(services.get(run_id))
    assert report["refusals"][0]["line"] == 2 and report["refusals"][0]["value"] == "NOWHERE"
    with pytest.raises(Refused):
        services.apply(run_id)


def test_runs_are_seen_by_their_owner_and_above(app, world, file):
    path = file(f"{HEAD}\nN1,x,health_centre,P1A\n")
    with acting(Access(7, "x", (("core.import", world["P1"].path), ("core.facility.edit", world["P1"].path)))):
        received(path, world.ids["P1A"])
        assert len(services.recent()) == 1
    with acting(Access(8, "y", (("core.import", world["P2"].path),))):
        assert services.recent() == []


def test_old_files_are_forgotten(app, world, file):
    path = file(f"{HEAD}\nN1,x,health_centre,P1A\n")
    run_id = received(path)
    assert perform(services.forget_old) == 0
    with unit_of_work():
        services.get(run_id).created_at -= services.KEPT + (services.KEPT / 7)
    assert perform(services.forget_old) == 1
    assert db.session.scalar(select(func.count()).select_from(ImportPart)) == 0
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 1


@pytest.mark.whole
def test_the_document_is_true_of_every_importer(app):
    """Each list has one section; its columns, their order, which are needed, the examples and the right are said."""
    text = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    importable = [entity for entity in entities() if entity.importer]
    for entity in importable:
        _before, *sections = text.split(f"\n## {entity.name}\n")
        assert len(sections) == 1, f"docs/import.md has {len(sections)} sections of {entity.name}"
        section, importer = sections[0].partition("\n## ")[0], entity.importer
        lines = [line.split("|")[1:4] for line in section.splitlines() if line.startswith("| `")]
        rows = [(name.strip(" `"), said.strip(), example.strip()) for name, said, example in lines]
        written = [(name, example) for name, _said, example in rows]
        assert written == [(each.name, importer.example.get(each.name, "")) for each in importer.fields], entity.name
        needed = {name for name, said, _example in rows if said.endswith("needed") or ", needed;" in said}
        assert needed == {each.name for each in importer.fields if each.required}, entity.name
        assert section.strip().startswith(f"Right: `{importer.permission}`"), entity.name
    assert importable


@pytest.mark.whole
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_template_is_understood_and_its_example_passed_over(app, world, client, file, language):
    with unit_of_work():  # whoever holds "all rights" keeps no staff: that is another's trade
        make.user("everything", world["BI"], "administrator", "hr_director").language = language
    make.sign_in(client, "everything")
    client.set_cookie("language", language)
    for entity in entities():
        if entity.importer is None:
            continue
        answer = client.get(f"/imports/download/{entity.name}.csv")
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].endswith(f"-{language}.csv")
        path = file(answer.data)
        table = taken_apart(path)
        mapped = services.propose(entity.importer, table)
        assert list(mapped.columns.values()) == list(entity.importer.example), entity.name
        heads = set(mapped.columns)
        assert not any("_" in head for head in heads) and (language == "en" or not heads & untranslated()), heads
        report = services.dry_run(entity.name, path, services.propose)
        assert (report.lines, report.refusals, dict(report.counts)) == (0, [], {}), entity.name


def test_an_example_that_was_changed_is_a_line_like_any_other(app, world, client, file):
    make.sign_in(client, "admin")
    text = client.get("/imports/download/core.facility.csv").data.decode()
    with unit_of_work():
        world["P1A"].code = "DS-KAYANZA"
    head, example = text.strip().splitlines()
    report = look(file("\r\n".join([head, example, example.replace("CDS-001", "CDS-002"), example])))
    assert (report.lines, dict(report.counts), report.refusals) == (1, {"new": 1}, [])


def test_a_parent_may_be_named_where_no_other_has_the_name(app, world, file):
    with unit_of_work():
        world["P1A"].name, world["P1B"].name, world["P2A"].name = "Kayanza Été", "Gahombo", "Gahombo"
    report = look(file(f"{HEAD}\nN1,x,health_centre,KAYANZA ETE\nN2,x,health_centre,Gahombo\nN3,x,health_centre,N1\n"))
    assert list(reasons(report)) == [(3, "parent")] and report.counts["new"] == 2


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_what_was_exported_comes_back_as_it_is(app, world, file, form):
    with unit_of_work():
        place = world["P1A-CDS1"]
        place.name, place.phone, place.population, place.latitude, place.longitude = (
            "=1+1",
            "+257 22",
            1200,
            -3.5,
            29.25,
        )
        place.opened_on = date(2020, 5, 4)
    answer = app.test_cli_runner().invoke(export_list, ["core.facility", "--format", form])
    assert answer.exit_code == 0, answer.output
    report = look(file(answer.stdout_bytes, f"list.{form}"))
    assert (report.counts, report.refused) == ({"same": 20}, 0)


def test_the_command_imports_and_names_each_refusal(app, world, file):
    run = app.test_cli_runner().invoke
    path = str(file(f"{HEAD}\nN1,x,T1,P1A\nN2,y,T1,\n"))
    answer = run(import_list, [ENTITY, path])
    assert answer.exit_code == 1 and "line 2, type" in answer.stderr and "line 3, type" in answer.stderr
    words = ["--value", "type:T1=health_centre", "--value", "parent:=P1B"]
    answer = run(import_list, [ENTITY, path, *words, "--dry-run", "--format", "json"])
    said = json.loads(answer.stdout)
    assert (answer.exit_code, said["imported"], said["counts"]) == (0, False, {"new": 2})
    assert run(import_list, [ENTITY, path, *words]).exit_code == 0 and facilities() == 22
    assert db.session.scalar(select(Facility).where(Facility.code == "N2")).parent.code == "P1B"
    for wrong in (["--map", "nothing"], ["--map", "no=name"], ["--value", "x=y"], ["--date-format", "ymd"]):
        assert run(import_list, [ENTITY, path, *wrong]).exit_code != 0, wrong
    assert run(import_list, ["core.nothing", path]).exit_code == 1
    assert run(export_list, ["core.nothing"]).exit_code == 1


# Numbers, days and letters that lie


@pytest.mark.parametrize("text", ["1,000", "12.000", "1.250", "-3.000", "+1,000"])
def test_a_number_that_may_be_either_is_read_only_once_somebody_has_said_how(app, text):
    with pytest.raises(Refused, match="may mean"):
        parse.amount(-(10**6), 10**6)(text, Reading())
    small, large = figures.number(text, "," if "," in text else "."), figures.number(text, "." if "," in text else ",")
    assert (
        large == 1000 * small and parse.amount(-(10**6))(text, Reading(decimals="." if "," in text else ",")) == large
    )


@pytest.mark.parametrize(
    "text, value",
    [
        ("0,125", "0.125"), ("1 250,000", "1250"),
        ("1234,567", "1234.567"), ("12'000", "12000"), ("\u22125", "-5"), ("1,25", "1.25"), ("12.", "12"),
    ],
)  # fmt: skip
def test_what_can_mean_but_one_number_is_read(app, text, value):
    assert figures.number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["12 34", "1,2,3", "1.234,5", "1.234.567", "1 2000", "", ",5", "1.000 000"])
def test_blanks_and_signs_in_odd_places_are_no_number(app, text):
    with pytest.raises(Refused):
        figures.number(text)


@given(value=st.decimals(-(10**9), 10**9, places=4) | st.integers(-(10**9), 10**9).map(Decimal))
def test_what_we_write_is_read_back(value):
    for mark in ",.":
        assert figures.number(figures.written(value, mark)) == value
        assert figures.number(figures.written(value.quantize(Decimal("0.001")), mark)) == value.quantize(
            Decimal("0.001")
        )


def test_a_latitude_has_no_thousands(app):
    assert parse.degrees(90)("-3.125", Reading()) == -3.125


def test_the_page_asks_how_numbers_are_written_and_shows_what_was_understood(app, world, client, file):
    make.sign_in(client, "admin")
    path = file(f"{HEAD},population\nN1,x,health_centre,P1A,12.000\n")
    run_id = received(path, world.ids["BI"])
    with unit_of_work():
        world.user("admin").language = "en"
    page = client.get(f"/imports/{run_id}/columns")
    assert "How are numbers written in this file?" in page.text and "12.000 is 12,000" in page.text.replace(
        "\u202f", ","
    )
    names = [*HEAD.split(","), "population"]
    sent = {f"column_{number}": name for number, name in enumerate(names)} | {"decimals": ",", "_key": "k" * 36}
    assert client.post(f"/imports/{run_id}/columns", data=sent).status_code == 302
    assert "read as 12,000" in client.get(f"/imports/{run_id}").text.replace("\u202f", ",")
    services.apply(run_id)
    assert db.session.scalar(select(Facility.population).where(Facility.code == "N1")) == 12000


@pytest.mark.parametrize(
    "text, day",
    [
        ("2026-10-31T22:30:00Z", date(2026, 11, 1)), ("2026-10-31T21:30:00Z", date(2026, 10, 31)),
        ("2026-10-31 23:59", date(2026, 10, 31)), ("2026-11-01T00:30:00+04:00", date(2026, 10, 31)),
        ("2015-01-01T00:00:00.000", date(2015, 1, 1)),
    ],
)  # fmt: skip
def test_a_moment_is_the_day_it_was_here(app, text, day):
    assert parse.day(text, Reading()) == day


@pytest.mark.parametrize("text", ["2026-10-31T99:99", "2026-10-31T24:61:00Z", "2026-10-31T", "2026-10-31T12"])
def test_a_time_that_does_not_exist_makes_no_day(app, text):
    with pytest.raises(Refused):
        parse.day(text, Reading())


def test_texts_that_a_spreadsheet_has_spoilt_are_refused_not_kept(app, world, file):
    rows = [[*HEAD.split(","), "phone"], ["N1", "x", "health_centre", "P1A", date(2025, 4, 3)],
            ["N2", "x", "health_centre", "P1A", 12345678901234567890.0], ["N3", "x", "health_centre", "P1A", "1.23457E+19"],
            [1.125, "x", "health_centre", "P1A", 79000000]]  # fmt: skip
    report = look(file(book(rows), "list.xlsx"))
    assert set(reasons(report)) == {(2, "phone"), (3, "phone"), (4, "phone"), (5, "code")} and report.counts == {}


SHOWN = [
    ("00000", 123, False), ("0.00", 12, False), ("General", 12.1, False), ('"L-"0', 7, False), ("00-00", 1234, False),
    ("0E+00", 12, False), ("General", 123, True), ("0", 123, True), ("@", 123, True), ("#,##0", 1234, True),
    ("_-* #,##0_-;-* #,##0_-", 1234, True), ("[Red]0", 5, True), ("00000", "00123", True),
]  # fmt: skip


@pytest.mark.parametrize("shape, value, taken", SHOWN)
def test_a_code_is_what_the_sheet_shows_or_is_refused(app, world, file, shape, value, taken):
    """A lot shown as 00123 came in as 123, and 12.10 as 12.1."""
    made = openpyxl.Workbook()
    for row in (HEAD.split(","), [value, "x", "health_centre", "P1A"]):
        made.active.append(row)
    made.active["A2"].number_format = shape
    made.save(stream := io.BytesIO())
    report = look(file(stream.getvalue(), "list.xlsx"))
    assert set(reasons(report)) == (set() if taken else {(2, "code")})
    if not taken:
        assert "Text" in reasons(report)[2, "code"]


def test_a_text_that_a_sheet_has_spoilt_does_not_pass_for_the_same_text_that_was_typed(app, world, file):
    """Cells of a column are understood once each: the number 12.1, perhaps 12.10, is another cell than the text 12.1."""
    rows = [HEAD.split(","), *([code, "x", "health_centre", "P1A"] for code in ("12.1", 12.1, "12.2"))]
    ((where, why),) = reasons(look(file(book(rows), "list.xlsx"))).items()
    assert where == (3, "code") and "Text" in why


def test_a_number_is_read_however_the_sheet_shows_it(app):
    assert parse.whole(0)(Marked("12", "shown"), Reading()) == 12
    assert parse.amount(0)(Marked("12.5", "decimals"), Reading()) == Decimal("12.5")
    assert parse.text(80, numbers=True)(Marked("0.5", "decimals"), Reading()) == "0.5"


def two_sheets(second, state="visible"):
    """Return an XLSX with a list on its first sheet and these rows on its second."""
    made = openpyxl.Workbook()
    made.active.title = "Octobre"
    for row in (HEAD.split(","), ["N1", "x", "health_centre", "P1A"]):
        made.active.append(row)
    other = made.create_sheet("Novembre")
    other.sheet_state = state
    for row in second:
        other.append(row)
    other.column_dimensions["A"].width = 30
    made.save(stream := io.BytesIO())
    return stream.getvalue()


def test_a_second_sheet_is_not_dropped_without_a_word(app, world, file):
    november = [HEAD.split(","), ["N2", "x", "health_centre", "P1A"]]
    with pytest.raises(Refused, match=r"2 sheets.*Octobre, Novembre"):
        look(file(two_sheets(november), "list.xlsx"))
    assert look(file(two_sheets(november, "hidden"), "list.xlsx")).counts == {"new": 1}
    assert look(file(two_sheets([]), "list.xlsx")).counts == {"new": 1}, "an empty one is nothing to lose"


@pytest.mark.parametrize("spoilt", ["1.2345678901234567E+19", "12345678901234567890.0", "2026-01-05 00:00:00"])
def test_texts_that_were_spoilt_before_they_became_csv_are_refused_as_well(app, spoilt):
    with pytest.raises(Refused):
        parse.text(60)(spoilt, Reading())
    assert parse.text(60)("2026-01-05", Reading()) and parse.text(60)("123456789012345.0", Reading())


def test_a_long_polygon_that_is_not_imported_is_no_hindrance(app, world, file):
    polygon = "MULTIPOLYGON(((" + "29.1 -3.2," * 120_000 + ")))"
    path = file(f'{HEAD},boundary\nN1,x,health_centre,P1A,"{polygon}"\n')
    assert look(path).counts == {"new": 1}
    report = look(path, lambda i, t: Mapped({**services.propose(i, t).columns, "boundary": "phone"}))
    assert "outline cannot be read" in reasons(report)[2, "phone"]


@pytest.mark.parametrize(
    "data, said",
    [
        (b"<!DOCTYPE html><table><tr><td>code", "web page"), (b"\xef\xbb\xbf\n <?xml version='1.0'?><a/>", "web page"),
        (f"{HEAD}\n".encode(), "no line"), (f"{HEAD}\n,,,\n".encode(), "no line"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"code,na\x00me\nA,b\n", "CSV UTF-8"), ("caf\u00e9,l\u00e9g\n".encode() + b"A,\xe9\xe9\xe9\xe9\xe9\xe9\n", "CSV UTF-8"),
        (b"code,name\nA," + b"x" * 4_100_000 + b"\n", "a cell holds more"),
        (b'code,name\nA,"x\n' + b"yyyyyyyyyy\n" * 400_000, "not closed, or a cell"),
        (f"{HEAD}\nN1,x,health_centre,P1A".encode() + b"\n" * 200_000, "From line 3 on"),
        (b"12,2025-01-31,40\n13,2025-02-28,50\n", "headings"),
    ],
)  # fmt: skip
def test_files_that_lie_are_refused_for_what_they_are(app, world, file, data, said):
    with pytest.raises(Refused, match=said):
        look(file(data))


def test_one_bad_byte_spoils_one_cell(app, world, file):
    lines = [f"N{n},Comprim\u00e9,health_centre,P1A" for n in range(20)]
    data = "\n".join([HEAD, *lines]).encode().replace(b"N7,Comprim\xc3\xa9", b"N7,Comprim\xe9")
    report = look(file(data))
    assert set(reasons(report)) == {(9, "name")} and report.counts == {"new": 19}
    twice = "\n".join([HEAD, "N1,Comprim\u00c3\u00a9,health_centre,P1A"])
    assert set(reasons(look(file(twice)))) == {(2, "name")}
    nul = look(file(f"{HEAD}\nN1,a\0b,health_centre,P1A\nN2,ok,health_centre,P1A\n"))
    assert set(reasons(nul)) == {(2, "name")}


def test_hidden_lines_of_a_sheet_are_not_imported_without_a_word(app, world, file):
    rows = [HEAD.split(","), *([f"N{n}", f"Name {n}", "health_centre", "P1A"] for n in range(5))]
    hide = lambda name, text: text.replace('<row r="4"', '<row r="4" hidden="1"') if "sheet1" in name else text  # noqa: E731
    with pytest.raises(Refused, match="line 4"):
        look(file(book(rows, hide), "list.xlsx"))

    def low(name, text):
        return text.replace('<row r="4"', '<row r="4" ht="0" customHeight="1"') if "sheet1" in name else text

    with pytest.raises(Refused, match="line 4"):
        look(file(book(rows, low), "list.xlsx"))


def test_a_locked_archive_says_so(app, world, file):
    data = bytearray(book([HEAD.split(","), ["N1"]]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(Refused, match="password"):
        look(file(bytes(data), "list.xlsx"))


@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffd"), max_size=40).map(lambda each: unicodedata.normalize("NFC", each).strip()),
       first=st.sampled_from(["", "'", "=", "'=", "''=", "' =", "-", "+", "@", "'-"]), language=st.sampled_from(["fr", "en"]))  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_every_text_that_goes_out_as_csv_comes_back(tmp_path_factory, text, first, language):
    text = (first + text).strip(cells.BLANKS)
    path = tmp_path_factory.mktemp("out") / "list.csv"
    path.write_bytes(exports.write("csv", ["a", "b"], [[text, "x"]], language).read())
    _note, lines = files_text.lines_of(path)
    _columns, below = cells.table(lines, str)
    assert [row for _line, row in below] == [[text, "x"]]


@given(text=st.text(st.characters(codec=None), max_size=40) | st.sampled_from(["_x000D_", "_x005F_", "a_x000A_b", "_xD800_", "\r\n", "\x00\x1f"]),
       first=st.sampled_from(["", "'", "=", "=1+1", "+", "-", "@", "\t", "_x000D_", "_x"]))  # fmt: skip
@settings(deadline=None, max_examples=100)
def test_every_text_that_goes_out_as_xlsx_comes_back(tmp_path_factory, text, first):
    """Control characters, escapes of the format, formulas; half a surrogate pair is no text and becomes a question mark."""
    text = (first + text).strip(cells.BLANKS)
    kept = text.encode("utf-8", "replace").decode("utf-8")
    path = tmp_path_factory.mktemp("out") / "list.xlsx"
    path.write_bytes(exports.write("xlsx", ["a", "b"], [[text, "x"]], "fr").read())
    _note, lines = sheet.lines_of(path)
    _columns, below = cells.table(lines, str)
    assert [row for _line, row in below] == [[kept, "x"]]


def test_a_question_that_is_left_open_is_marked_at_its_field(app, world, client, file):
    make.sign_in(client, "admin")
    path = file("code;nom;sorte;sous;ouvert le;habitants\nN1;x;Cabane;P1A;03/04/2025;12.000\n")
    run_id = received(path, world.ids["BI"])
    names = ["code", "name", "type", "parent", "opened_on", "population"]
    sent = {f"column_{number}": name for number, name in enumerate(names)} | {"_key": "k" * 36}
    page = client.post(f"/imports/{run_id}/columns", data=sent)
    found = Forms(page.text).found[-1]
    marked = {name for name, one in found.inputs.items() if one.given.get("aria-invalid") == "true"}
    assert page.status_code == 422 and {"dates", "decimals"} <= marked and len(marked) == 3, marked
    answered = dict.fromkeys(marked, "") | {"column_5": "code", "dates": "dmy"}
    twice = client.post(f"/imports/{run_id}/columns", data=sent | answered)
    found = Forms(twice.text).found[-1]
    marked = {name for name, one in found.inputs.items() if one.given.get("aria-invalid") == "true"}
    assert twice.status_code == 422 and {"column_0", "column_5"} <= marked, marked
