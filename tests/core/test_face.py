"""What the face promises without a browser: weights, icons, and templates a strict policy admits."""

import json
import re
from pathlib import Path

import pytest

from core.web import assets

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for place in ("core", "plugins") for path in (ROOT / place).rglob("templates/**/*.html"))
BUDGETS = {"app.css": 12, "app.js": 15, "htmx.js": 12, "icons.svg": 4, "login.css": 4}
ICON = re.compile(r"""\bicon(?:_name)?\s*(?:\(|=)\s*["']([a-z][a-z0-9-]*)["']""")
EVALUATES = re.compile(r"""\shx-on|\sjs:|\son[a-z]+=["']|<script(?![^>]*\ssrc=)|\sstyle=["']|hx-trigger="[^"]*\[""")


@pytest.mark.parametrize(("name", "kib"), BUDGETS.items())
def test_a_built_file_stays_within_its_weight(name, kib):
    packed = assets.DIST / f"{assets.manifest()[name]}.br"
    assert packed.stat().st_size <= kib * 1024


def test_every_icon_that_is_named_is_in_the_sprite():
    known = set(json.loads((ROOT / "core/web/static/icons.json").read_text("utf-8")))
    sources = [*TEMPLATES, *ROOT.glob("core/**/*.py"), *ROOT.glob("plugins/**/*.py")]
    named = {name: path.name for path in sources for name in ICON.findall(path.read_text("utf-8"))}
    assert {name: place for name, place in named.items() if name not in known} == {}
    assert len(known) <= 40


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_nothing_that_the_policy_forbids(path):
    if path.name == "document.html":  # drawn by WeasyPrint, never sent to a browser
        return
    assert EVALUATES.findall(path.read_text("utf-8")) == []


def test_the_browser_is_sent_to_no_other_host():
    sources = [path for folder in ("css", "js") for path in (ROOT / "core/web/static" / folder).iterdir()]
    named = {path.name: re.findall(r"https?://[^\s\"')]+", path.read_text("utf-8")) for path in sources + TEMPLATES}
    assert {name: hosts for name, hosts in named.items() if hosts} == {}


def test_built_files_travel_packed_and_nothing_else_is_served(app):
    client, name = app.test_client(), assets.manifest()["app.css"]
    answer = client.get(f"/static/{name}", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.mimetype == "text/css"
    assert len(answer.data) < 12 * 1024
    assert (
        client.get(f"/static/{name}", headers={"Accept-Encoding": "identity"}).data == (assets.DIST / name).read_bytes()
    )
    for outside in ("../icons.json", "..%2ficons.json", "icons.json", "../../assets.py"):
        assert client.get(f"/static/{outside}", headers={"Accept-Encoding": "br"}).status_code == 404


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_field_of_a_grid_has_a_label_on_a_phone(path):
    """There the headings are gone: a cell says what it holds, or is the figure of a row that is named."""
    cells = re.findall(r"<td([^>]*)>(?:<span[^>]*>)?{{ (?:cell|control)\(", path.read_text())
    assert [cell for cell in cells if not re.search(r"data-label=|typed", cell)] == []
