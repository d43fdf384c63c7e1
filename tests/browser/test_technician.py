"""A machine is mended by phone: reported by its label, assigned, done with a photo, confirmed; and noted without a network."""

from playwright.sync_api import expect

from tests.browser.conftest import entering
from tests.browser.slips import gone
from tests.browser.test_device_rows import opened, waits
from tests.browser.test_files import photo
from tests.browser.test_pages import looked_at

PHONE = {"width": 390, "has_touch": True, "is_mobile": True}


def piece(house, status="functional"):
    """Return (id, tag) of a piece at the technician's hospital that no open order is about."""
    return house.rows(
        "select e.id, e.code from gmao_equipment e join core_user u on u.facility_id = e.facility_id "
        "where u.login = 'technicien' and e.state = 'in_service' and e.status = ? and not exists (select 1 from "
        "gmao_workorder w where w.equipment_id = e.id and w.state != 'closed') order by e.id limit 1", status,
    )[0]  # fmt: skip


def tap(page, name):
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).tap()


def follow(page, name):
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.tap()


def tile(page, name, value):
    page.locator(f"[name={name}][value='{value}']").tap()


def test_a_fault_goes_from_the_label_to_the_confirmation(house, chrome, tmp_path):
    id, tag = piece(house)
    with entering(chrome, house.address) as enter:
        ward = chrome.running().new_context(
            viewport={"width": 390, "height": 844}, base_url=house.address, locale="fr-FR", has_touch=True,
            is_mobile=True, bypass_csp=True,
        )  # fmt: skip
        label = ward.new_page()
        label.goto(f"/e/{tag}")
        assert looked_at(label) == []
        label.set_viewport_size({"width": 390, "height": 844})
        tile(label, "works", "stopped")
        label.fill("[name=problem]", "Fumée à l’arrière")
        label.fill("[name=name]", "Alice, maternité, 79 00 00 00")
        tap(label, "Envoyer à l’atelier")
        number = label.locator(".number").inner_text()
        assert looked_at(label) == [] and label.locator("textarea").count() == 0
        chrome.close(ward)
        assert house.rows("select number, by_label from gmao_request where equipment_id = ? order by id desc", id)[
            0
        ] == (number, 1)

        head = enter("atelier", **PHONE)
        head.goto("/gmao/requests/?view=to_decide")
        follow(head, number)
        follow(head, "Ouvrir un ordre de travail")
        name = head.locator("[name=person] option", has_text="Technicien").first
        head.select_option("[name=person]", name.get_attribute("value"))
        tap(head, "Ouvrir un ordre de travail")
        ((order, state, status),) = house.rows(
            "select w.id, w.state, e.status from gmao_workorder w join gmao_equipment e on e.id = w.equipment_id "
            "where e.id = ? and w.state != 'closed'", id,
        )  # fmt: skip
        assert (state, status) == ("assigned", "not_functional")

        technician = enter("technicien", **PHONE, bypass_csp=True)
        technician.goto("/gmao/work/?view=mine")
        with technician.expect_navigation():
            technician.locator(f"main a[href$='/gmao/work/{order}']").first.tap()
        follow(technician, "Voir l’équipement")
        assert looked_at(technician) == []
        technician.set_viewport_size({"width": 390, "height": 844})
        small = "[...document.querySelectorAll('.beside .button, .beside-order .button')].filter(b => b.offsetHeight < 48).length"
        assert technician.evaluate(small) == 0
        tap(technician, "Commencer")
        assert house.rows("select state from gmao_workorder where id = ?", order) == [("in_progress",)]
        follow(technician, "Terminer")
        expect(technician.locator("[name=because]")).to_be_hidden()
        tile(technician, "status", "needs_attention")
        expect(technician.locator("[name=because]")).to_be_visible()
        tile(technician, "status", "functional")
        technician.select_option("[name=action]", "replaced")
        technician.locator("input[capture=environment]").set_input_files(photo(tmp_path))
        tap(technician, "Terminer")
        expect(technician.locator(".error-summary")).to_be_visible()
        assert technician.input_value("[name=action]") == "replaced", "what was typed is kept"
        assert looked_at(technician) == []
        technician.set_viewport_size({"width": 390, "height": 844})
        tile(technician, "duration", "30")
        tap(technician, "Terminer")
        done = house.rows("select minutes, action, status from gmao_intervention where order_id = ?", order)
        assert done == [(30, "replaced", "functional")]
        assert house.rows(
            "select count(*) from core_file where entity = 'gmao.workorder' and object_id = ?", order
        ) == [(1,)]

        nurse = enter("service", **PHONE)
        nurse.goto(f"/gmao/work/{order}")
        tap(nurse, "Fonctionne de nouveau")
        assert house.rows(
            "select w.state, e.status from gmao_workorder w join gmao_equipment e on e.id = w.equipment_id where w.id = ?", order
        ) == [("verified", "functional")]  # fmt: skip


def test_a_repair_and_the_end_of_an_order_are_noted_without_a_server_and_recorded_once(house, chrome):
    id, tag = piece(house)
    with entering(chrome, house.address) as enter:
        page = enter("technicien", **PHONE)
        page.goto("/device")
        page.click("[data-prepare]")
        expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=90_000)
        house.stop()
        opened(page, "/do/gmao.workorder.repair/")
        page.locator("#equipment-text").press_sequentially(tag)
        expect(page.locator("[role=option]").first).to_contain_text(tag)
        page.locator("[role=option]").first.tap()
        tile(page, "status", "functional")
        page.select_option("[name=action]", "cleaned")
        tile(page, "duration", "15")
        tap(page, "Noter une réparation")
        waits(page, 1)
        opened(page, "/do/gmao.workorder.finish/")
        order = int(page.url.rpartition("/")[2])
        tile(page, "status", "needs_attention")
        page.select_option("[name=because]", "needs_part")
        page.select_option("[name=action]", "adjusted")
        tile(page, "duration", "60")
        tap(page, "Terminer")
        waits(page, 2)
        house.start()
        gone(page)
    done = (
        "select i.minutes, w.state, e.status, e.because from gmao_intervention i join gmao_workorder w on w.id = i.order_id "
        "join gmao_equipment e on e.id = w.equipment_id where i.ended_at > ? and "
    )
    assert house.rows(f"{done} w.equipment_id = ?", house.begun, id) == [(15, "done", "functional", None)]
    assert house.rows(f"{done} w.id = ?", house.begun, order) == [(60, "done", "needs_attention", "needs_part")]
