"""A week of a store without a network: two hundred slips of four kinds in a row, then the link; none lost, none twice, in their
order, and book and trail as if they had been recorded online.

AMAGARA_SOAK_SLIPS says how many slips (200, some minutes).
"""

import os
import shutil
import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, amagara, entering, serving_at
from tests.browser.slips import QUEUE, send

SLIPS = int(os.environ.get("AMAGARA_SOAK_SLIPS", "200"))
KINDS = "dispense", "dispense", "issue", "dispense", "loss", "dispense", "receive", "dispense", "issue", "dispense"
FILL = """(said) => {
    const form = document.querySelector("main form[data-waits]");
    for (const [name, value] of Object.entries(said)) {
        const field = form.elements[name];
        if (!field) continue;
        field.value = value === "*" ? [...field.options].find((option) => option.value).value : value;
        for (const kind of ["restored", "input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
}"""
MOVES = (
    "select r.code, p.code, l.number, m.quantity, m.occurred_on, m.document, m.comment, m.source_id, m.target_id "
    "from elmis_movement m join elmis_reason r on r.id = m.reason_id join elmis_lot l on l.id = m.lot_id "
    "join elmis_product p on p.id = l.product_id where m.id > ? order by m.id"
)
BALANCES = (
    "select location_id, l.number, quantity from elmis_balance b join elmis_lot l on l.id = b.lot_id order by 1, 2, 3"
)
TRAIL = (
    "select facility_id, user_id, entity, action from core_audit where entity like 'elmis.%' and at > ? "
    "order by stream, seq"
)


def said(number, products):
    """Return (kind, fields) of a slip."""
    kind = KINDS[number % len(KINDS)]
    fields = {"lines-0-product": products[number % 2], "comment": f"slip-{number:04}", "ward": "*", "reason": "*"}
    if kind == "receive":
        fields |= {"counterpart": "Don", "reference": f"BL-{number}"}
        fields |= {"lines-0-lot": f"W{number}", "lines-0-expiry": "12/2030"}
    return kind, {**fields, "lines-0-quantity": str(1 + number % 7)}


def sent_online(house: House, chrome, items):
    """Send what waits on a device to another server, one after the other, as if it had been written there."""
    with entering(chrome, house.address) as enter:
        page = enter("magasinier")
        token = page.request.get("/device/state").json()["token"]
        for item in items:
            pairs = [tuple(pair) for pair in item["fields"] if pair[0] not in ("_made", "_written")]
            headers = {
                "Accept": "application/json", "X-CSRFToken": token, "Content-Type": "application/x-www-form-urlencoded",
            }  # fmt: skip
            answer = page.request.post(item["action"], data=urlencode(pairs), headers=headers)
            assert answer.ok, answer.text()


def came(house, after):
    """Return what came into book and trail after a movement."""
    return [house.rows(MOVES, after), house.rows(BALANCES), house.rows(TRAIL, house.begun)]


@pytest.mark.timeout(3600)
def test_many_slips_in_a_row_and_then_the_link(instance, tmp_path, house, chrome, page, products):
    after = house.rows("select max(id) from elmis_movement")[0][0]
    house.stop()
    begun = time.monotonic()
    for number in range(1, SLIPS + 1):
        kind, fields = said(number, products)
        page.goto(f"/elmis/store/new/{kind}")
        page.evaluate(FILL, fields)
        with page.expect_navigation():
            send(page)
        expect(page.locator("[data-queue-number]")).to_have_text(str(number))
    written = time.monotonic()
    items = sorted(page.evaluate(QUEUE), key=lambda item: item["turn"])
    assert len(items) == SLIPS
    house.start()
    there = time.monotonic()
    page.goto("/device")
    expect(page.locator("main [data-none]")).to_be_visible(timeout=SLIPS * 3_000)
    sent = time.monotonic()
    print(f"{SLIPS} slips: written in {written - begun:.0f} s, sent in {sent - there:.0f} s")
    moves, balances, trail = came(house, after)
    comments = dict.fromkeys(move[6][-9:] for move in moves)
    assert list(comments) == [f"slip-{number:04}" for number in range(1, SLIPS + 1)], "none lost, none twice, in order"
    with serving_at(shutil.copytree(instance, tmp_path / "twin")) as twin:
        sent_online(twin, chrome, items)
        assert (moves, balances) == tuple(came(twin, after)[:2]), "the book as it is online"
        assert trail == came(twin, after)[2], "and the trail"
    amagara(house.folder, "audit", "verify")
