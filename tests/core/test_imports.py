"""Lists from outside: read or refused in clear words, all or nothing, twice is once."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask_babel import refresh
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data import audit
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import perform, unit_of_work
from core.facilities.importer import FACILITIES
from core.facilities.models import Facility, FacilityCode
from core.imports import parse, readers, services
from core.imports.cli import export_list, import_list
from core.imports.mapping import Mapped
from core.imports.models import DONE, REFUSED, ImportPart, ImportRun
from core.imports.parse import Reading
from tests import make

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
    run_id = perform(lambda: services.apply(services.receive(ENTITY, path.name, path, chosen=chosen).id).id)
    return services.get(run_id)


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


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"\xff\xfe" + b"a\x00" * 3 + b"\x00\xd8", "CSV UTF-8"),
        (b"code,name\nA,\x81\x8d\x8f\n", "CSV UTF-8"),
        (b"code,name\nA,\x00\x00\n", "CSV UTF-8"),
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
        look(file(book([HEAD.split(",")], change), "list.xlsx"))


def test_too_many_entries_are_refused(app, world, file):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        for number in range(readers.ENTRIES):
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
    table = readers.open_table(path, path.name)
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
    before = facilities(), db.session.scalar(select(func.count()).select_from(audit.AuditEntry))
    path = file(f"{HEAD}\nN1,Good,health_centre,P1A\nN2,Bad,health_centre,NOWHERE\n")
    with pytest.raises(Refused, match="1 line"):
        take(path)
    db.session.rollback()
    assert (facilities(), db.session.scalar(select(func.count()).select_from(audit.AuditEntry))) == before


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
    with unit_of_work():
        services.apply(row.id)
    with pytest.raises(Conflict):
        services.look(row.id)
    assert services.part(row.id, services.SOURCE) is None, "the file itself is not kept"


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
    table = readers.open_table(path, path.name)
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
    run_id = perform(lambda: services.receive(ENTITY, path.name, path).id)
    assert services.look(run_id) == REFUSED
    report = services.report_of(services.get(run_id))
    assert report["refusals"][0]["line"] == 2 and report["refusals"][0]["value"] == "NOWHERE"
    with pytest.raises(Refused), unit_of_work():
        services.apply(run_id)


def test_runs_are_seen_by_their_owner_and_above(app, world, file):
    path = file(f"{HEAD}\n")
    with acting(Access(7, "x", (("core.import", world["P1"].path), ("core.facility.edit", world["P1"].path)))):
        perform(lambda: services.receive(ENTITY, path.name, path, world.ids["P1A"]).id)
        assert len(services.recent()) == 1
    with acting(Access(8, "y", (("core.import", world["P2"].path),))):
        assert services.recent() == []


def test_old_files_are_forgotten(app, world, file):
    path = file(f"{HEAD}\n")
    run_id = perform(lambda: services.receive(ENTITY, path.name, path).id)
    assert perform(services.forget_old) == 0
    with unit_of_work():
        services.get(run_id).created_at -= services.KEPT + (services.KEPT / 7)
    assert perform(services.forget_old) == 1
    assert db.session.scalar(select(func.count()).select_from(ImportPart)) == 0
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 1


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


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_template_is_understood_and_its_example_passed_over(app, world, client, file, language):
    make.sign_in(client, "admin")
    client.set_cookie("language", language)
    with unit_of_work():
        world.user("admin").language = language
    for entity in entities():
        if entity.importer is None:
            continue
        answer = client.get(f"/imports/download/{entity.name}.csv")
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].endswith(f"-{language}.csv")
        path = file(answer.data)
        table = readers.open_table(path, path.name)
        mapped = services.propose(entity.importer, table)
        assert list(mapped.columns.values()) == list(entity.importer.example), entity.name
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
