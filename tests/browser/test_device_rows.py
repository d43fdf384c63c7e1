"""Forms of rows without a network: a delivery is counted, a sheet filled, a requisition typed, and sent when there is one."""

import re
import shutil

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.services import start
from plugins.elmis.demo.orders import by
from plugins.elmis.ledger.models import StockBalance, StockLocation
from plugins.elmis.lots.lines import Line
from plugins.elmis.orders.shipping import Journey
from plugins.elmis.transfers.services import transfer
from tests.browser.conftest import entering, serving_at
from tests.browser.test_device import gone, send
from tests.browser.test_scanning import code, read
from tests.conftest import build

HERE, DEPOT = "CDS-KAYANZA-01", "DD-KAYANZA"


@pytest.fixture
def house(instance, tmp_path):
    """Return a server on a database in which goods are on their way to a centre, and a sheet of it is open."""
    folder = shutil.copytree(instance, tmp_path / "instance")
    app = build(f"sqlite:///{folder}/amagara.db", folder, AUDIT_KEY=(folder / "audit.key").read_text())
    with app.app_context():
        with unit_of_work(Access.system("test")):
            place = db.session.query(Facility).filter_by(code=HERE).one()
            depot = db.session.query(Facility).filter_by(code=DEPOT).one()
            rows = (
                db.session.query(Product, Lot).join(Lot, Lot.product_id == Product.id)
                .join(StockBalance, StockBalance.lot_id == Lot.id)
                .join(StockLocation, StockLocation.id == StockBalance.location_id)
                .filter(StockLocation.facility_id == depot.id, StockLocation.kind == "store", StockBalance.quantity > 500)
                .filter(Lot.expiry > db.func.current_date()).order_by(StockBalance.quantity.desc()).limit(2)
            )  # fmt: skip
            lines = [Line(product, 100, lot.number) for product, lot in rows]
            by("depot", lambda: transfer(depot, place, Journey(), lines))
            store = db.session.query(StockLocation).filter_by(facility_id=place.id, kind="store").first()
            by("magasinier", lambda: start(store))
        db.engine.dispose()
    with serving_at(folder) as server:
        yield server


@pytest.fixture
def page(house, chrome):
    """Return the browser of a storekeeper whose device is prepared."""
    with entering(chrome, house.address) as enter:
        page = enter("magasinier", width=390)
        page.goto("/device")
        page.click("[data-prepare]")
        expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=90_000)
        yield page


def opened(page: Page, path: str) -> None:
    """Open the page of a row that is listed on the page of the device."""
    page.goto("/device")
    page.locator(f"[data-kept] a[href^='{path}']:not([href='{path}'])").first.click()
    expect(page.locator("main .message").first).to_contain_text("copie de cet appareil")


def waits(page: Page, number: int) -> None:
    expect(page.locator("[data-queue-number]")).to_have_text(str(number))


def test_a_delivery_is_counted_without_a_server_and_received_once(house, page):
    house.stop()
    opened(page, "/elmis/receipts/")
    page.fill("[name=lines-0-accepted]", "90")
    assert page.input_value("[name=lines-0-missing]") == "10"
    with page.expect_navigation():
        send(page)
    waits(page, 1)
    expect(page.locator("[name=lines-0-accepted]")).to_have_value("90")  # the form is shown as it waits
    page.locator(".gap").nth(1).locator("summary").click()
    page.fill("[name=lines-1-damaged]", "3")
    with page.expect_navigation():
        send(page)
    waits(page, 1)  # in place of the first, not beside it
    house.start()
    gone(page)
    found = house.rows(
        "select l.accepted, l.missing, l.damaged from elmis_receipt_line l join elmis_receipt r on r.id = l.receipt_id "
        "where r.received_on is not null and r.id = (select max(id) from elmis_receipt) order by l.id"
    )
    assert found == [(90, 10, 0), (97, 0, 3)]


def counted(house) -> list[int]:
    rows = house.rows(
        "select counted from elmis_count_line where count_id = (select max(id) from elmis_count) order by id"
    )
    return [row[0] for row in rows]


def test_a_sheet_is_filled_without_a_server_and_meets_what_another_counted(house, page, chrome):
    with entering(chrome, house.address) as enter:
        house.stop()
        opened(page, "/elmis/counts/")
        page.fill("[name=lines-0-counted]", "41")
        page.fill("[name=lines-1-counted]", "42")
        with page.expect_navigation():
            page.locator("[name=then][value=keep]").click()
        waits(page, 1)
        expect(page.locator("[name=lines-1-counted]")).to_have_value("42")
        page.fill("[name=lines-2-counted]", "43")
        with page.expect_navigation():
            page.locator("[name=then][value=keep]").click()
        waits(page, 1)
        where = re.sub(r"[?#].*", "", page.url)
        page.context.set_offline(True)  # while another works on it online
        house.start()
        other = enter("magasinier")
        other.goto(where)
        other.fill("[name=lines-0-counted]", "51")
        other.fill("[name=lines-3-counted]", "54")
        with other.expect_navigation():
            other.locator("[name=then][value=keep]").click()
        page.context.set_offline(False)
        page.goto("/device")
        expect(page.locator("[data-waiting] .error")).to_be_visible(timeout=30_000)
        assert counted(house)[:4] == [51, None, None, 54]
        with page.expect_navigation():
            page.locator("[data-waiting] button", has_text="Ouvrir").click()
        with page.expect_navigation():
            page.locator("[name=then][value=keep]").click()
        expect(page.locator(".clashes")).to_contain_text("51")
        expect(page.locator(".clashes")).to_contain_text("41")
        with page.expect_navigation():
            page.locator("[name=then][value=keep]").click()
        assert counted(house)[:4] == [41, 42, 43, 54], "mine where both counted, both where only one did"
        gone(page)
        at, sent = house.rows(
            "select l.counted_at, c.created_at from elmis_count_line l join elmis_count c on c.id = l.count_id "
            "where l.counted = 42 order by l.id desc limit 1"
        )[0]
        assert at > sent


def test_stock_and_cards_of_the_month_are_looked_up_on_the_copy(house, page):
    name, gtin, units, lot = house.rows(
        "select d.name_fr, k.gtin, sum(b.quantity), max(l.number) from elmis_balance b join elmis_location p on p.id = b.location_id "
        "join core_facility f on f.id = p.facility_id join elmis_product d on d.id = b.product_id "
        "join elmis_pack k on k.product_id = d.id join elmis_lot l on l.id = b.lot_id "
        "where f.code = ? and p.kind = 'store' and b.quantity > 0 and k.gtin is not null group by d.id limit 1", HERE,
    )[0]  # fmt: skip
    total = page.locator("p [data-total]").inner_text().replace("\u202f", "").replace("\xa0", "")
    assert int(re.search(r"(\d+) ?ko", total)[1]) < 5_000
    house.stop()
    opened(page, "/elmis/stock/")
    card = page.locator("[data-card]:not([hidden])")
    every = card.count()
    page.fill("[data-find-card]", lot)
    expect(card.first).to_contain_text(name)
    page.fill("[data-find-card]", "rien de tel")
    expect(page.locator("[data-no-card]")).to_be_visible()
    page.fill("[data-find-card]", "")
    page.locator("h1").click()
    read(page, code(lot, gtin))
    expect(card).to_have_count(1)
    expect(card).to_contain_text(name)
    assert str(units) in re.sub(r"\s", "", card.locator("summary").inner_text())
    expect(card.locator("tbody tr").first).to_be_visible()
    read(page, code("X1", "00000000000017"))
    expect(page.locator("[data-no-card]")).to_contain_text("17")
    expect(card).to_have_count(every)


def test_the_quantities_of_a_draft_are_typed_without_a_server(house, page):
    house.stop()
    opened(page, "/elmis/requisitions/")
    field = page.locator("input.quantity").first
    name, before = field.get_attribute("name"), int(field.input_value().replace("\u202f", "").replace(" ", ""))
    field.fill(str(before + 100))
    page.locator("tr.reason-row select").first.select_option("outbreak")
    with page.expect_navigation():
        page.locator("button[name=then][value='']").click()
    waits(page, 1)
    expect(page.locator(f"[name={name}]")).to_have_value(str(before + 100))
    house.start()
    gone(page)
    stored = house.rows("select requested, reason from elmis_requisition_line where id = ?", int(name[1:]))
    assert stored == [(before + 100, "outbreak")]


def test_what_was_stopped_and_is_recorded_from_the_page_of_its_row_waits_no_more(house, page):
    house.stop()
    opened(page, "/elmis/receipts/")
    where = re.sub(r"[?#].*", "", page.url)
    page.fill("[name=lines-0-accepted]", "99999999")
    with page.expect_navigation():
        send(page)
    waits(page, 1)
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_be_visible(timeout=30_000)
    page.goto(where)
    expect(page.locator("[name=lines-0-accepted]")).to_have_value("99999999")
    page.wait_for_timeout(700)
    page.fill("[name=lines-0-accepted]", "90")
    page.wait_for_timeout(700)
    with page.expect_navigation():
        send(page)
    gone(page)


def test_a_photo_waits_with_its_form_and_travels_in_the_file_of_the_queue(house, page, chrome, tmp_path):
    photo, path = tmp_path / "colis.jpg", tmp_path / "queue.json"
    Image.effect_noise((300, 200), 90).save(photo)
    count = "select count(*) from core_file"
    before = house.rows(count)[0][0]
    house.stop()
    opened(page, "/elmis/receipts/")
    page.fill("[name=lines-0-accepted]", "90")
    page.locator("[data-files] input[type=file][multiple]").first.set_input_files(photo)
    with page.expect_navigation():
        send(page)
    waits(page, 1)
    page.goto("/device")
    with page.expect_download() as download:
        page.click("[data-save]")
    download.value.save_as(path)
    page.context.set_offline(True)
    house.start()
    with entering(chrome, house.address) as enter:
        other = enter("magasinier")
        other.goto("/device")
        other.locator("details", has=other.locator("[data-read-file]")).locator("summary").click()
        other.locator("[data-read-file]").set_input_files(path)
        expect(other.locator("[data-told]")).to_contain_text("Repris du fichier : 1")
        gone(other)
    assert house.rows(count)[0][0] == before + 1
    page.context.set_offline(False)
    gone(page)
    assert house.rows(count)[0][0] == before + 1, "of the first device it is the same sending"
