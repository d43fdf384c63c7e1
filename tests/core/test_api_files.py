"""Documents and photos by programs: sent as they are with their digest, read again under it, with the rights of pages."""

import hashlib
import os
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from core.data.db import db
from core.files.models import File
from tests.core.test_files import PDF, picture
from tests.programs import program

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def folder(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "INSTANCE", tmp_path)


@pytest.fixture
def asks(app, world):
    return program(app, world, "admin", "core.facility.edit")


def send(asks, place, content=PDF, name="plan.pdf", sha256=None, kind="application/octet-stream", **headers):
    wanted = hashlib.sha256(content).hexdigest() if sha256 is None else sha256
    return asks.client.post(
        f"/api/v1/core.facility/{place}/files", query_string={"name": name, "sha256": wanted}, data=content,
        content_type=kind, headers=asks.headers | headers,
    )  # fmt: skip


def test_a_document_is_sent_once_and_read_again_under_its_digest(asks, world):
    place = world.ids["P1A"]
    first = send(asks, place, **{"Idempotency-Key": "a"})
    assert first.status_code == 200, first.text
    assert send(asks, place, **{"Idempotency-Key": "a"}).json == first.json
    assert send(asks, place, PDF + b"\n", **{"Idempotency-Key": "a"}).status_code == 409
    again = send(asks, place).json
    assert (again["ref"], again["message"]) == (first.json["ref"], "") and "here already" in again["told"][0]
    assert db.session.scalar(select(func.count()).select_from(File)) == 1
    row = asks.get(first.json["ref"]).json
    assert row["name"] == "plan.pdf" and row["sha256"] == hashlib.sha256(PDF).hexdigest()
    got = asks.get(f"{first.json['ref']}/content")
    assert (got.data, got.mimetype, got.headers["ETag"]) == (PDF, "application/pdf", f'"{row["sha256"]}"')
    assert "no-store" in got.headers["Cache-Control"] and "sandbox" in got.headers["Content-Security-Policy"]
    same = asks.get(f"{first.json['ref']}/content", **{"If-None-Match": f'"{row["sha256"]}"'})
    assert (same.status_code, same.data) == (304, b"")


def test_a_photo_is_drawn_anew_and_larger_than_other_bodies(asks, world, app, monkeypatch):
    big = Image.frombytes("RGB", (1400, 1200), os.urandom(1400 * 1200 * 3))
    out = BytesIO()
    big.save(out, "PNG")
    assert len(out.getvalue()) > 4 * 2**20  # what any other body may have
    made = send(asks, world.ids["P1A"], out.getvalue(), "photo.png")
    assert made.status_code == 200, made.text
    monkeypatch.setitem(app.config, "MAX_FILE_MB", 1)
    assert send(asks, world.ids["P1B"], out.getvalue(), "photo.png").status_code == 422


@pytest.mark.parametrize(
    "change, status, field",
    [
        ({"sha256": "0" * 64}, 422, "sha256"), ({"sha256": "x"}, 422, "sha256"), ({"name": " "}, 422, "name"),
        ({"content": b""}, 422, ""), ({"content": b"MZ not kept"}, 422, ""), ({"kind": "application/json"}, 415, None),
        ({"kind": "multipart/form-data; boundary=x"}, 415, None), ({"Idempotency-Key": "a b"}, 400, None),
    ],
)  # fmt: skip
def test_what_is_not_what_was_said_is_not_kept(asks, world, change, status, field):
    answer = send(asks, world.ids["P1A"], **change)
    assert answer.status_code == status, answer.text
    assert field is None or [each["name"] for each in answer.json["errors"]] == [field]
    assert db.session.scalar(select(File.id)) is None


def test_rights_and_places_count_as_on_pages(app, asks, world):
    made = send(asks, world.ids["P1A"], picture(), "a.jpg").json["ref"]
    narrow = program(app, world, "admin", "core.facility.edit", place="P1B")
    assert send(narrow, world.ids["P1A"]).status_code == 403
    reads = program(app, world, "auditor", "core.user.view")
    assert send(reads, world.ids["P1A"]).status_code == 403
    assert reads.get(f"{made}/content").status_code == 200  # who reads the facility reads its files
    assert asks.get("core.file/999/content").status_code == 404
    assert asks.client.post("/api/v1/core.role/1/files", headers=asks.headers, data=b"x").status_code == 404
    assert app.test_client().get(f"/api/v1/{made}/content").status_code == 401


def test_the_description_says_both(app):
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert "get" in paths["/core.file/{id}/content"] and "post" in paths["/core.facility/{id}/files"]
    assert "/core.role/{id}/files" not in paths
