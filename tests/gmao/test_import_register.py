"""A register of paper or of another system comes in: all or nothing, doubles told, twice is once."""

import pytest
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data.access import acting
from core.data.db import db
from core.data.errors import Doubt
from core.imports import services
from core.imports.cli import export
from core.web.derived import table_of
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment, StatusEvent
from tests.gmao.make import piece, row

pytestmark = pytest.mark.both_databases
REGISTER = "gmao.equipment"
HEAD = "facility_code,code,type_code,maker,model,serial,inventory,status,because,room,received_on,in_service_on"
HERE = "P1A-CDS1"


@pytest.fixture
def file(tmp_path):
    """Return a function that writes lines under a heading."""

    def write(*lines, head=HEAD):
        path = tmp_path / "register.csv"
        path.write_text("\n".join([head, *lines]), "utf-8")
        return path

    return write


def take(world, path, login="tech", yes=False, entity=REGISTER):
    with acting(world.access(login)):
        answers = (lambda question: "yes") if yes else services.nobody
        counts = services.take(entity, path, world.user(login).facility_id, answers=answers).counts
        return {kind: number for kind, number in counts.items() if number and kind not in ("lines", "refused")}


def reasons(world, path, login="tech", entity=REGISTER):
    with acting(world.access(login)):
        report = services.dry_run(entity, path, services.propose)
        return {(each.line, each.field): str(each.reason) for each in report.refusals}


def count():
    return db.session.scalar(select(func.count()).select_from(Equipment))


def test_a_register_comes_in_and_the_same_file_changes_nothing(country, file):
    path = file(
        f"{HERE},,o2,,,S-1,,functional,,Pédiatrie,2024-03-01,2024-03-09",
        f"{HERE},,Réfrigérateur à vaccins,,,,INV-7,not_functional,needs_part,PEV,,",
        f"{HERE},,o2,,,S-2,,,,,,",
    )
    assert take(country, path) == {"new": 3}
    found = {one.serial or one.inventory: one for one in db.session.scalars(select(Equipment))}
    assert found["INV-7"].status == "not_functional" and found["INV-7"].type.code == "fridge"
    assert found["S-1"].room == "Pédiatrie" and found["S-2"].status == "unknown" and found["S-1"].state == "in_service"
    assert db.session.scalar(select(func.count()).select_from(StatusEvent)) == 2
    assert take(country, path) == {"same": 3}
    assert count() == 3
    assert take(country, file(f"{HERE},,o2,,,S-1,,,,Bloc,,")) == {"changed": 1}
    db.session.expire_all()
    assert found["S-1"].room == "Bloc" and str(found["S-1"].received_on) == "2024-03-01", "an empty cell erases nothing"


def test_each_wrong_line_is_told_at_its_field_and_nothing_is_stored(country, file):
    away = row(piece(country, "other", "P2A-CDS1", serial="AWAY")).code
    twins = [piece(country, inventory="TWO"), piece(country, inventory="TWO")]
    path = file(
        f"{HERE},,laser,,,X-1,,,,,,",
        f"{HERE},,o2,Nobody,Z-9,X-2,,,,,,",
        f"{HERE},,,,,X-3,,,,,,",
        f"{HERE},,o2,,,X-4,,not_functional,,,,",
        f"{HERE},,o2,,,X-5,,,,,2024-03-01,2024-02-01",
        f"{HERE},{away},o2,,,,,,,,,",
        f"{HERE},,o2,,,,TWO,,,,,",
        f"{HERE},,o2,,,X-6,,,,,,",
        f"{HERE},,o2,,,x-6,,,,,,",
        "P2A-CDS1,,o2,,,X-7,,,,,,",
        f"{HERE},,o2,,,{'9' * 200},,,,,,",
        f"{HERE},,o2,,,X-8,,,,,2024-02-31,",
    )
    assert set(reasons(country, path)) == {
        (2, "type_code"), (3, "model"), (4, "type_code"), (5, "because"), (6, "in_service_on"), (7, "code"),
        (8, "inventory"), (10, "serial"), (11, "facility_code"), (12, "serial"), (13, "received_on"),
    }  # fmt: skip
    assert count() == 1 + len(twins)
    where = reasons(country, file(f"{HERE},{away},o2,,,,,,,,,"), "director")
    assert "P2A-CDS1" in where[2, "facility_code"]


def test_pieces_without_a_number_that_may_be_here_already_are_asked_about_once(country, file):
    piece(country, room="Salle 1")
    path = file(f"{HERE},,o2,,,,,,,salle 1,,", f"{HERE},,o2,,,,,,,salle 1,,", f"{HERE},,o2,,,,,,,Salle 2,,")
    with pytest.raises(Doubt) as doubt:
        take(country, path)
    assert ["2" in str(one.words) for one in doubt.value.questions] == [True]
    db.session.rollback()
    assert count() == 1
    assert take(country, path, yes=True) == {"unsure": 2, "new": 1}
    assert count() == 4


def test_what_went_out_comes_in_again_as_the_same(country, tmp_path):
    piece(country, serial="S-1", status="not_functional", because="needs_part", donor="ONG", cost=5, currency="USD")
    path = tmp_path / "out.csv"
    with acting(country.access("director")):
        path.write_bytes(export(table_of(entities()[REGISTER]), "csv").read())
        assert take(country, path, "director") == {"same": 1}


def test_types_and_models_come_in_from_lists(country, file):
    kinds = file(
        "dop,Doppler fœtal,biomedical,6", "o2,Concentrateur,biomedical,5", head="code,label_fr,kind,function_score"
    )
    assert take(country, kinds, "director", entity="gmao.type") == {"new": 1, "changed": 1}
    assert db.session.scalar(select(EquipmentType.function_score).where(EquipmentType.code == "dop")) == 6
    models = file("dop,Edan,Sonotrax,350000", "nothing,Edan,X,", head="type_code,maker,model,price")
    assert set(reasons(country, models, "director", "gmao.model")) == {(3, "type_code")}
    models = file("dop,Edan,Sonotrax,350000", head="type_code,maker,model,price")
    assert take(country, models, "director", entity="gmao.model") == {"new": 1}
    assert take(country, models, "director", entity="gmao.model") == {"same": 1}
    assert db.session.scalar(select(EquipmentModel.code)) == "Edan Sonotrax"
