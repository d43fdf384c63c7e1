"""The journal: who changed what, in words, for those who may read it."""

from core.data.access import Access, acting
from core.data.work import unit_of_work
from core.journal import services
from tests import make


def test_codes_are_shown_as_words_and_references_by_name(app, world):
    with unit_of_work(Access.system("test"), reason="réforme"):
        world["P1A-CDS1"].status = "closed"
        world["P1A-CDS1"].parent = world["P1B"]
    with acting(world.access("admin")):
        lines = [line for line in services.of(world["P1A-CDS1"]) if line.reason == "réforme"]
    shown = {(str(change.old), str(change.new)) for line in lines for change in line.changes}
    assert shown == {("Ouverte", "Fermée"), ("P1A", "P1B")}


def test_the_journal_of_a_place_is_not_read_from_beside_it(app, client, world):
    with unit_of_work(Access.system("test")):
        world["P1A-CDS1"].phone = "+257 22 11"
        world["P2A-CDS1"].phone = "+257 22 99"
    grants = (("core.audit.view", world["P1"].path),)
    with acting(Access(99, "x", grants)):
        lines, _more = services.find({"entity": "core.facility"})
        numbers = {str(change.new) for line in lines for change in line.changes}
    assert "+257 22 11" in numbers and "+257 22 99" not in numbers
    make.sign_in(client, "nobody")
    assert client.get("/journal").status_code == 403
