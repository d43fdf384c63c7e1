"""Documents and photos: what is kept of what was sent, where, for whom, and how it is had back."""

import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import NotAllowed, Refused, Unavailable
from core.data.work import perform, unit_of_work
from core.files import jobs, services, store, taking
from core.files.cli import file_commands
from core.files.models import File
from core.jobs import worker
from core.upkeep import deploy
from tests import make

pytestmark = pytest.mark.both_databases
OLD = time.time() - 2 * 24 * 3600


@pytest.fixture(autouse=True)
def folder(app, tmp_path, monkeypatch):
    """Return the folder of this test's files."""
    monkeypatch.setitem(app.config, "INSTANCE", tmp_path)
    return tmp_path / "files"


def picture(kind="JPEG", size=(640, 480), colour=(20, 120, 90), **more):
    """Return the bytes of a picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def placed():
    """Return a photo that says where and with which device it was taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretPhone", 6  # the maker; lying on its side
    exif.get_ifd(0x8825).update({1: "S", 2: (3.0, 22.0, 33.0), 3: "E", 4: (29.0, 21.0, 44.0)})
    return picture(size=(640, 480), exif=exif, comment=b"HiddenComment")


def office(main="word/document.xml", types="<Types/>", more=()):
    """Return the bytes of a document of the office."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", types), (main, "<document/>"), *more):
            archive.writestr(name, text)
    return out.getvalue()


def bomb(width, height):
    """Return a PNG of that size in points, all black and therefore short."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    squeezed = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 1)
    lines = b"".join(squeezed.compress(row) for _row in range(height)) + squeezed.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def take(content, name="a.jpg"):
    """Return what is kept of a content."""
    return taking.take(io.BytesIO(content), name)


def added(obj, *contents):
    """Return the ids of the files that an object gained."""
    return perform(lambda: [row.id for row in services.attach(obj, contents)])


def stored(folder):
    """Return the names of all contents."""
    return sorted(path.name for path in folder.rglob("*") if store.NAME.fullmatch(path.name))


def send(client, place, *files, key="k", **more):
    """Return the answer to files that a form sends to a facility."""
    data = {"_key": key, "files": [(io.BytesIO(content), name) for content, name in files], **more}
    return client.post(f"/files/core.facility/{place}", data=data, content_type="multipart/form-data")


@pytest.fixture
def admin(client, world):
    """Return the browser of who may change every facility."""
    make.sign_in(client, "admin")
    return client


def test_a_photo_is_drawn_anew_upright_and_says_no_place(app, folder):
    found = take(placed() + b"<script>alert(1)</script>", "../../IMG 1\u202egpj.exe.jpeg")
    assert (found.kind, found.name) == ("jpeg", "IMG 1gpj.exe.jpg")
    path = store.path_of(found.sha256)
    content = path.read_bytes()
    assert path.relative_to(folder).parts == (found.sha256[:2], found.sha256[2:4], found.sha256)
    assert store.digest(path) == found.sha256 and len(content) == found.size
    assert not any(word in content for word in (b"Exif", b"GPS", b"SecretPhone", b"HiddenComment", b"<script"))
    with Image.open(path) as image:
        assert image.size == (480, 640) and not image.getexif()
    assert path.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "png"), (picture("WEBP"), "jpeg"), (picture("GIF"), "png"), (picture("TIFF"), "jpeg"), (PDF, "pdf"),
        (office(), "docx"), (office("xl/workbook.xml"), "xlsx"), (picture("PNG", size=(4000, 3000)), "png"),
    ],
    ids=["png", "webp", "gif", "tiff", "pdf", "docx", "xlsx", "large"],
)  # fmt: skip
def test_what_a_file_is_is_told_by_its_content(app, content, kind):
    found = take(content, "lettre.xyz")
    assert found.kind == kind and found.name == f"lettre{taking.KINDS[kind][1]}"
    if kind == "pdf":
        assert store.path_of(found.sha256).read_bytes() == content
    if kind in taking.PICTURES:
        with Image.open(store.path_of(found.sha256)) as image:
            assert max(image.size) <= 2560


HOSTILE = {
    "a page named .jpg": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "HTML"),
    "a drawing with script": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG|XML"),
    "a drawing behind its head": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG|XML"),
    "a program": (b"MZ" + bytes(4000), "this kind"),
    "text": ("bonjour à tous".encode(), "this kind"),
    "an old document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "older kind"),
    "a cut photo": (picture(size=(1600, 1200), colour=(1, 2, 3))[:-700], "damaged"),
    "a cut PDF": (PDF[:-10], "damaged"),
    "a head alone": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "damaged"),
    "a picture in name": (b"GIF89a<script>alert(1)</script>", "damaged"),
    "a huge picture": (bomb(20_000, 20_000), "20000 × 20000"),
    "an archive": (office("a.txt"), "archive"),
    "nothing": (b"", "empty"),
    "macros": (office(more=[("word/vbaProject.bin", "x")]), "macros"),
    "hidden macros": (office(types="application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
    "a bomb": (office(more=[(f"word/{n}", bytes(30 * 2**20)) for n in range(11)]), "unfolds"),
    "a broken archive": (office()[:200], "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_leaves_nothing(app, folder, name):
    content, words = HOSTILE[name]
    with pytest.raises(Refused, match=words), app.test_request_context(headers={"Accept-Language": "en"}):
        app.config["BABEL_DEFAULT_LOCALE"], before = "en", app.config["BABEL_DEFAULT_LOCALE"]
        try:
            take(content)
        except Refused as why:
            raise Refused(str(why.message)) from None
        finally:
            app.config["BABEL_DEFAULT_LOCALE"] = before
    assert stored(folder) == [] and list((folder / store.COMING).iterdir()) == []


def test_size_has_a_limit_of_its_own(app, folder, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_FILE_MB", 1)
    with pytest.raises(Refused):
        take(picture("BMP", size=(800, 800)))
    assert take(picture("BMP", size=(400, 400))).kind == "png"
    assert len(stored(folder)) == 1


def test_a_full_disk_is_told_and_nothing_half_is_kept(admin, world, folder, monkeypatch):
    def full(*_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(Unavailable) as error:
        take(picture())
    assert error.value.status == 507
    answer = send(admin, world.ids["P1"], (picture(), "a.jpg"))
    assert answer.status_code == 507 and "disque" in answer.text
    assert stored(folder) == [] and list((folder / store.COMING).iterdir()) == []
    assert db.session.scalar(select(func.count(File.id))) == 0


def test_a_full_disk_inside_the_process_that_draws_is_told_too(app, folder):
    """/dev/full is a disk without room."""
    from core.data import bare

    (folder / "x").parent.mkdir(parents=True, exist_ok=True)
    (folder / "sent").write_bytes(picture())
    with pytest.raises(bare.Fell) as how:
        bare.run(taking.READING, "take", str(folder / "sent"), "/dev/full", "50")
    assert how.value.full


def test_a_form_adds_shows_and_takes_away(admin, world, folder):
    place = world.ids["P1"]
    page = admin.get(f"/facilities/{place}").text
    assert 'capture="environment"' in page and "multiple" in page and f'action="/files/core.facility/{place}"' in page
    answer = send(admin, place, (placed(), "Façade.jpg"), (PDF, "plan.pdf"))
    assert answer.status_code == 302 and answer.location.endswith(f"/facilities/{place}#documents")
    rows = db.session.scalars(select(File).order_by(File.id)).all()
    assert [(row.name, row.kind, row.added_by, row.facility_id) for row in rows] == [
        ("Façade.jpg", "jpeg", "Admin", place), ("plan.pdf", "pdf", "Admin", place)
    ]  # fmt: skip
    page = admin.get(f"/facilities/{place}").text
    assert "Façade.jpg" in page and "plan.pdf" in page
    assert "hx-trigger" in page, "the small picture is asked for until it is there"
    worker.work()
    page = admin.get(f"/facilities/{place}").text
    assert f"/files/{rows[0].id}/small" in page and 'hx-trigger="load' not in page
    small = admin.get(f"/files/{rows[0].id}/small")
    assert small.mimetype == "image/webp" and len(small.data) < 20_000
    first = rows[0].id
    assert admin.post(f"/files/{first}/remove", data={"_key": "r1"}).status_code == 422, "a reason is asked for"
    gone = admin.post(f"/files/{first}/remove", data={"_key": "r2", "reason": "Autre bâtiment"})
    assert gone.status_code == 302
    page = admin.get(f"/facilities/{place}").text
    assert f"/files/{first}/content" not in page and "« Autre bâtiment »" in page
    assert len(stored(folder)) == 2, "the content stays"
    journal = admin.get("/journal?entity=core.file").text
    assert "Retrait" in journal and "Autre bâtiment" in journal and "Façade.jpg" in journal
    assert admin.post(f"/files/{first}/remove", data={"_key": "r3", "reason": "x"}).status_code == 422


def test_a_refused_file_is_named_and_the_others_stay_chosen(admin, world, folder):
    place = world.ids["P1"]
    answer = send(admin, place, (picture(), "bonne.jpg"), (b"<html>", "mauvaise.jpg"))
    assert answer.status_code == 422 and "mauvaise.jpg" in answer.text and "HTML" in answer.text
    sign = re.search(r'name="files" value="([^"]+)" checked', answer.text)[1]
    assert db.session.scalar(select(func.count(File.id))) == 0
    again = admin.post(f"/files/core.facility/{place}", data={"_key": "k2", "files": sign})
    assert again.status_code == 302
    assert db.session.scalars(select(File.name)).all() == ["bonne.jpg"]
    forged = sign[:-2] + ("aa" if sign[-2:] != "aa" else "bb")
    assert admin.post(f"/files/core.facility/{place}", data={"_key": "k3", "files": forged}).status_code == 422
    too_many = send(admin, place, *[(picture(), f"{n}.jpg") for n in range(11)], key="k4")
    assert too_many.status_code == 422 and len(stored(folder)) == 1


def test_what_one_person_had_chosen_is_nobody_elses(admin, app, world):
    answer = send(admin, world.ids["P1"], (picture(), "a.jpg"), (b"<html>", "b.jpg"))
    sign = re.search(r'name="files" value="([^"]+)" checked', answer.text)[1]
    with unit_of_work(Access.system("test")):
        make.user("second", world["BI"], "administrator")
    other = app.test_client()
    make.sign_in(other, "second")
    sent = other.post(f"/files/core.facility/{world.ids['P1']}", data={"_key": "k", "files": sign})
    assert sent.status_code == 422 and db.session.scalar(select(func.count(File.id))) == 0


def test_a_repeat_adds_nothing_twice_and_a_content_is_stored_once(admin, world, folder):
    place, other = world.ids["P1"], world.ids["P2"]
    for _turn in range(2):
        assert send(admin, place, (PDF, "plan.pdf")).location.endswith(f"/facilities/{place}#documents")
    assert db.session.scalar(select(func.count(File.id))) == 1
    changed = send(admin, place, (PDF.replace(b"1.4", b"1.5"), "plan.pdf"))
    assert changed.status_code == 422, "the same key with another content is something else"
    again = send(admin, place, (PDF, "copie.pdf"), key="k2")
    assert again.status_code == 302 and "déjà" in admin.get(again.location).text
    assert db.session.scalar(select(func.count(File.id))) == 1
    send(admin, other, (PDF, "plan.pdf"), key="k3")
    assert db.session.scalar(select(func.count(File.id))) == 2
    assert len([name for name in stored(folder) if name == taking.take(io.BytesIO(PDF), "x").sha256]) == 1


def test_two_at_once_with_the_same_content_add_it_once(app, world, folder):
    place, outcomes = world.ids["P1"], []
    start = threading.Barrier(2)

    def work():
        with app.app_context(), acting(Access.system("test")):
            found = take(placed(), "a.jpg")
            start.wait(20)
            outcomes.append(perform(lambda: [row.id for row in services.attach(world["P1"], [found])]))
            db.session.remove()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(len, outcomes)) == [0, 1]
    assert len(stored(folder)) == 1 and db.session.scalar(select(func.count(File.id))) == 1
    assert place


def test_who_may_not_write_the_object_adds_and_takes_away_nothing(app, client, admin, world, folder):
    place = world.ids["P1"]
    send(admin, place, (PDF, "plan.pdf"))
    file = db.session.scalar(select(File.id))
    reader = app.test_client()
    make.sign_in(reader, "nobody")
    page = reader.get(f"/facilities/{place}").text
    assert "plan.pdf" in page and 'type="file"' not in page and "/remove" not in page
    assert reader.get(f"/files/{file}/content").status_code == 200, "who reads the object reads its files"
    assert send(reader, place, (picture(), "x.jpg"), key="n").status_code == 403
    assert len(stored(folder)) == 1, "nothing of it was looked at"
    assert reader.get(f"/files/{file}/remove").status_code == 403
    assert reader.post(f"/files/{file}/remove", data={"reason": "x"}).status_code == 403
    with acting(world.access("nobody")), pytest.raises(NotAllowed):
        perform(lambda: services.attach(world["P1"], [take(PDF)]))
    with acting(world.access("nobody")), pytest.raises(NotAllowed), unit_of_work():
        db.session.get(File, file).name = "x"
    stranger = app.test_client()
    for path in (f"/files/{file}/content", f"/files/{file}/small", f"/files/{file}", f"/files/core.facility/{place}"):
        assert stranger.get(path).status_code == 302, "who has not signed in sees the sign-in page"
    for path in ("/files/core.user/1", "/files/nothing/1", "/files/core.facility/999999", "/files/999999/content"):
        assert admin.get(path).status_code == 404
    admin.post(f"/files/{file}/remove", data={"_key": "r", "reason": "Erreur"})
    assert reader.get(f"/files/{file}/content").status_code == 404, "taken away: for who reads the trail alone"
    assert admin.get(f"/files/{file}/content").status_code == 200


def test_a_file_is_not_taken_from_an_object_that_one_may_not_write(app, world):
    (file,) = added(world["P2"], take(PDF))
    with unit_of_work(Access.system("test")):
        world.users["local"] = make.user("local", world["P1"], "administrator").id
    with acting(world.access("local")), pytest.raises(NotAllowed), unit_of_work():
        db.session.get(File, file).object_id = world.ids["P1"]
    with acting(world.access("local")), unit_of_work():
        services.attach(world["P1"], [take(picture())])


def test_a_content_is_sent_with_headers_that_let_nothing_run(admin, world):
    send(admin, world.ids["P1"], (picture(), "a b\u00e9\u4e2d.jpg"), (PDF, "plan.pdf"), (office(), "lettre.docx"))
    names = {row.kind: row for row in db.session.scalars(select(File))}
    for kind, shown in (("jpeg", "inline"), ("pdf", "inline"), ("docx", "attachment")):
        answer = admin.get(f"/files/{names[kind].id}/content")
        assert answer.mimetype == taking.KINDS[kind][0]
        assert answer.headers["Content-Disposition"].startswith(shown)
        assert (
            "sandbox" in answer.headers["Content-Security-Policy"]
            and "script" not in answer.headers["Content-Security-Policy"]
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["ETag"] == f'"{names[kind].sha256}"'
    named = admin.get(f"/files/{names['jpeg'].id}/content").headers["Content-Disposition"]
    assert "filename*=UTF-8''a%20b%C3%A9%E4%B8%AD.jpg" in named
    url = f"/files/{names['pdf'].id}/content"
    part = admin.get(url, headers={"Range": "bytes=0-3"})
    assert part.status_code == 206 and part.data == b"%PDF"
    assert admin.get(url, headers={"If-None-Match": f'"{names["pdf"].sha256}"'}).status_code == 304
    store.path_of(names["pdf"].sha256).unlink()
    assert admin.get(url).status_code == 404


def test_a_content_is_there_before_its_row_and_strays_go_after_a_day(app, world, folder):
    """A process that is killed between the two leaves a content that nothing names, never a row without content."""
    script = (
        "import io, os, signal, sys\n"
        "from core import create_app\n"
        "from core.files import taking\n"
        "app = create_app({'INSTANCE': sys.argv[1]})\n"
        "with app.app_context():\n"
        "    taking.take(io.BytesIO(sys.stdin.buffer.read()), 'a.jpg')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder.parent)], input=picture(), check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr
    (sha256,) = stored(folder)
    kept = take(PDF)
    added(world["P1"], kept)
    (folder / store.COMING / "left").mkdir()
    assert services.sweep() == 0, "somebody may be about to attach it"
    for path in (store.path_of(sha256), store.path_of(kept.sha256), folder / store.COMING / "left"):
        os.utime(path, (OLD, OLD))
    assert services.sweep() == 1
    assert stored(folder) == [kept.sha256] and list((folder / store.COMING).iterdir()) == []


def test_what_is_put_there_again_is_young_again(app, world, folder):
    first = take(picture())
    os.utime(store.path_of(first.sha256), (OLD, OLD))
    assert take(picture()).sha256 == first.sha256
    assert services.sweep() == 0 and stored(folder) == [first.sha256]
    store.path_of(first.sha256).unlink()
    with pytest.raises(Refused):
        added(world["P1"], first)


def test_what_is_put_there_while_it_is_being_removed_stays(app, folder, monkeypatch):
    """Between the look at its age and its removal somebody sends the same again: he waits, and it is there."""
    sha256 = take(PDF).sha256
    os.utime(store.path_of(sha256), (OLD, OLD))
    again = threading.Thread(target=lambda: _taken_again(app))
    unlink = Path.unlink

    def slow(path, **options):
        if path.name == sha256:
            again.start()
            again.join(1.5)
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", slow)
    assert services.sweep() == 1
    again.join(20)
    assert stored(folder) == [sha256]


def _taken_again(app):
    with app.app_context():
        take(PDF)


def test_a_picture_that_cannot_be_made_small_keeps_no_other_from_it(app, world):
    first, second = take(picture("PNG")), take(picture())
    added(world["P1"], first, second)
    store.path_of(first.sha256).write_bytes(b"no picture any more")
    jobs.small(None, [first.sha256, second.sha256])
    assert store.small_of(second.sha256).is_file() and not store.small_of(first.sha256).is_file()


def test_nothing_is_removed_beside_another_database(app, folder):
    (folder / "ab" / "cd").mkdir(parents=True)
    for number in range(51):
        path = folder / "ab" / "cd" / f"abcd{number:060x}"
        path.write_bytes(b"x")
        os.utime(path, (OLD, OLD))
    with pytest.raises(Refused):
        services.sweep()
    assert len(stored(folder)) == 51


def test_the_proof_names_what_is_missing_damaged_and_stray(app, world):
    good, gone, bad = (take(picture(colour=(n, n, n)), f"{n}.jpg") for n in (1, 100, 200))
    stray = take(PDF)
    added(world["P1"], good, gone, bad)
    run = app.test_cli_runner().invoke(file_commands, ["verify", "--format", "json"])
    assert run.exit_code == 0 and json.loads(run.output)["whole"] == 3
    store.path_of(gone.sha256).unlink()
    path = store.path_of(bad.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    run = app.test_cli_runner().invoke(file_commands, ["verify"])
    assert run.exit_code == 1
    assert re.search(rf"missing  {gone.sha256} \(100\.jpg, core\.facility/\d+\)", run.output)
    assert f"damaged  {bad.sha256}" in run.output and f"stray  {stray.sha256}" in run.output
    with pytest.raises(Refused, match=r"100\.jpg"):
        jobs.verify(None)


def test_small_pictures_that_are_missing_are_made_at_night(app, world):
    photo = take(picture())
    added(world["P1"], photo, take(PDF))
    assert list(services.lacking_small()) == [photo.sha256]
    jobs.sweep(None)
    assert store.small_of(photo.sha256).is_file() and list(services.lacking_small()) == []


def test_a_folder_that_others_may_read_is_named(app, folder):
    take(picture())
    assert str(folder) not in [one.name for one in deploy.findings()]
    folder.chmod(0o755)
    assert str(folder) in [one.name for one in deploy.findings()]


def test_search_finds_files_of_what_one_may_read(admin, world):
    send(admin, world.ids["P1"], (PDF, "contrat-froid.pdf"))
    file = db.session.scalar(select(File.id))
    found = admin.get("/search?q=contrat-froid").text
    assert f"/files/{file}" in found
    assert admin.get(f"/files/{file}").location.endswith(f"/facilities/{world.ids['P1']}#documents")


def test_an_entity_without_page_or_scope_has_no_files(app):
    from core.contract import checks
    from core.contract.entities import Entity
    from core.users.accounts.models import User

    registry = app.extensions["amagara.entities"]
    for name, endpoint in (("x.y", None), ("x.y", "nowhere")):
        registry._by_name["x.y"] = Entity(name, User, "x", "xs", endpoint, attachments=True)
        try:
            with pytest.raises(checks.DoesNotFit, match=r"x\.y has attachments"):
                checks.what_belongs_can_be_kept(app)
        finally:
            del registry._by_name["x.y"]
    assert entities()["core.facility"].attachments
