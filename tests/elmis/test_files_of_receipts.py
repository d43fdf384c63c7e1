"""Photos of damaged goods and signed notes: on the count, on the receipt, and for its two sides alone."""

import io

import pytest
from sqlalchemy import func, select

from core.data.access import acting
from core.data.db import db, today
from core.data.errors import NotAllowed
from core.data.work import perform
from core.files import services, taking
from core.files.models import File
from core.journal import services as journal
from plugins.elmis.promises.models import Receipt
from tests import make as people
from tests.core.test_files import PDF, picture
from tests.elmis import flow

pytestmark = pytest.mark.both_databases


@pytest.fixture
def receipt(app, world, tmp_path, monkeypatch):
    """Return the id of a receipt that is awaited."""
    monkeypatch.setitem(app.config, "INSTANCE", tmp_path)
    goods = flow.stocked(world)
    return flow.expected(flow.shipped(world, flow.order(world, goods["product"])))


def browser(app, login):
    """Return the browser of a person."""
    client = app.test_client()
    people.sign_in(client, login)
    return client


def counting(receipt, **more):
    """Return the form of a count: all arrived, but for what is said."""
    lines = db.session.get(Receipt, receipt).shipment.lines
    data = {"_key": "count", "received_on": f"{today():%d/%m/%Y}", "_place": ""}
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-line": line.id, f"lines-{number}-accepted": line.in_transit}
    return data | more


def test_a_photo_travels_with_the_count(app, world, receipt):
    keeper = browser(app, "keeper")
    page = keeper.get(f"/elmis/receipts/{receipt}/count").text
    assert 'name="photos"' in page and "multipart/form-data" in page
    sent = counting(receipt, photos=(io.BytesIO(picture()), "carton.jpg"))
    sent["lines-0-accepted"] = 0
    refused = keeper.post(f"/elmis/receipts/{receipt}/count", data=sent, content_type="multipart/form-data")
    assert refused.status_code == 422 and "carton.jpg" in refused.text, "the photo stays chosen"
    assert db.session.scalar(select(func.count(File.id))) == 0
    sent = counting(receipt, photos=(io.BytesIO(picture()), "carton.jpg"), _key="again")
    answer = keeper.post(f"/elmis/receipts/{receipt}/count", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text[:3000]
    assert db.session.get(Receipt, receipt).state == "confirmed"
    row = db.session.scalars(select(File)).one()
    assert (row.name, row.entity, row.object_id) == ("carton.jpg", "elmis.receipt", receipt)
    assert row.facility_id == world.ids[flow.CENTRE]
    assert "carton.jpg" in keeper.get(f"/elmis/receipts/{receipt}").text


def test_both_sides_of_a_delivery_add_and_a_stranger_sees_nothing(app, world, receipt):
    url = f"/files/elmis.receipt/{receipt}"
    for login in ("keeper", "depot"):
        sent = {"_key": login, "files": (io.BytesIO(PDF.replace(b"1.4", b"1.%d" % len(login))), f"{login}-secret.pdf")}
        assert browser(app, login).post(url, data=sent, content_type="multipart/form-data").status_code == 302
    files = db.session.scalars(select(File.id)).all()
    assert len(files) == 2
    district = browser(app, "district")
    assert "keeper-secret.pdf" in district.get(f"/elmis/receipts/{receipt}").text, "who reads the receipt reads them"
    assert district.post(f"/files/{files[0]}/remove", data={"reason": "x"}).status_code == 403
    other = browser(app, "other")
    for path in (f"/files/{files[0]}/content", f"/files/{files[0]}/small", f"/files/{files[0]}", url,
                 f"/files/{files[0]}/remove"):  # fmt: skip
        answer = other.get(path)
        assert answer.status_code == 404 and "secret" not in answer.text
    assert other.post(url, data={"_key": "o", "files": (io.BytesIO(PDF), "x.pdf")}).status_code == 404
    assert "secret.pdf" not in other.get("/search?q=secret").text
    assert "keeper-secret.pdf" in browser(app, "keeper").get("/search?q=secret").text


def test_the_floor_hides_files_of_others_whatever_asks(app, world, receipt):
    with acting(world.access("keeper")):
        kept = taking.take(io.BytesIO(PDF), "secret.pdf")
        file = perform(lambda: services.attach(db.session.get(Receipt, receipt), [kept])[0].id)
        assert db.session.scalars(select(File.name)).all() == ["secret.pdf"]
    with acting(world.access("other")):
        db.session.expire_all()
        assert db.session.scalars(select(File)).all() == [] and db.session.get(File, file) is None
        row = db.session.scalars(select(journal.AuditEntry).where(journal.AuditEntry.entity == "core.file")).one()
        (line,) = journal.lines([row])
        assert line.link is None and line.name == f"n° {file}"
        with pytest.raises(NotAllowed):
            perform(lambda: db.session.add(File(
                entity="elmis.receipt", object_id=receipt, name="x", kind="pdf", sha256="0" * 64, size=1, added_by="x"
            )))  # fmt: skip
    with acting(world.access("nobody")):  # signed in, with no right to the catalogue
        assert db.session.scalars(select(File)).all() == []


def test_files_of_a_product_are_for_who_reads_the_catalogue(app, world, receipt):
    from plugins.elmis.catalogue.models import Product

    product = db.session.scalars(select(Product).where(Product.code == "AMOX")).one()
    kept = taking.take(io.BytesIO(PDF), "notice.pdf")
    file = perform(lambda: services.attach(product, [kept])[0].id)
    assert "notice.pdf" in browser(app, "keeper").get(f"/elmis/catalogue/products/{product.id}").text
    assert browser(app, "keeper").get(f"/files/{file}/content").data == PDF
    assert browser(app, "nobody").get(f"/files/{file}/content").status_code == 404
    sent = {"_key": "k", "files": (io.BytesIO(picture()), "a.jpg")}
    assert browser(app, "keeper").post(f"/files/elmis.product/{product.id}", data=sent).status_code == 403
