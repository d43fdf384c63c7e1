"""The rules of the house, held from the first day. `docs/architecture.md` gives their reasons."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String

from core.contract import checks, hookspecs
from core.contract.plugins import each, entities
from core.contract.ports import PUBLIC, Fact, Permission
from core.data import migrations
from core.data.access import Access, Internal, Scope, each_right
from core.data.db import Base, db
from core.data.work import unit_of_work
from core.web.pages import public
from tests.conftest import build
from tests.statements import sql

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("core", "plugins") for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts
]
TEMPLATES = [path for folder in ("core", "plugins") for path in (ROOT / folder).rglob("templates/**/*.html")]
WEB = {"flask", "wtforms", "flask_wtf", "flask_login", "flask_babel"}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_core_knows_no_plugin_and_plugins_do_not_know_one_another(path):
    parts = path.relative_to(ROOT).parts
    own = f"plugins.{parts[1]}" if parts[0] == "plugins" and len(parts) > 2 else "-"
    strangers = {name for name in _imports(path) if name.startswith("plugins.") and not name.startswith(own)}
    assert not strangers


@pytest.mark.parametrize("path", [p for p in SOURCES if p.stem in ("services", "models")], ids=_named)
def test_services_and_models_know_no_web(path):
    assert not {name for name in _imports(path) if name.split(".")[0] in WEB}


def test_only_a_model_names_a_room_above_it_and_only_in_its_annotations():
    """What is imported for types alone is passed over by import-linter: an arrow upwards could hide there."""
    hidden = {
        _named(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if any((each.module or "").startswith("plugins.") for each in node.body if isinstance(each, ast.ImportFrom))
    }
    assert hidden == {"plugins/elmis/promises/models.py"}


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_only_the_write_door_commits(path):
    commits = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if _calls(node, "commit")]
    assert not commits or _named(path) in ("core/data/work.py", "core/migrations/env.py")


BESIDE = {  # what passes by rights and trail, each statement with its reason: a new module here is a decision
    *(f"core/data/{name}.py" for name in ("audit", "bulk", "migrations", "numbers", "outbox", "work")),
    "core/api/tokens/services.py", "core/api/webhooks/post.py",
    *(f"core/jobs/{name}.py" for name in ("alive", "schedule", "services")),
    *(f"core/users/signin/{name}.py" for name in ("factor", "keys", "services", "sessions")),
    "core/users/accounts/invitations.py",
    "core/users/accounts/links.py",
    *(f"plugins/elmis/ledger/{name}.py" for name in ("balances", "moves", "turns")),
    *(f"plugins/elmis/history/{name}.py" for name in ("importer", "staging")),
    "core/facilities/importer.py", "core/facilities/services.py", "core/imports/services.py", "core/migrations/env.py",
    "plugins/gmao/coldchain/services.py", "core/notices/post.py", "core/notices/services.py", "core/seeds.py", "core/upkeep/deploy.py", "plugins/elmis/demo/stocks.py", "plugins/elmis/requisitions/services.py",
}  # fmt: skip


def test_few_modules_write_beside_the_rows():
    found = {_named(path) for path in SOURCES if re.search(r"\b(beside|pour)\(|\bBECAUSE\b", path.read_text("utf-8"))}
    assert found == BESIDE


def test_a_plugin_reads_by_the_session_or_says_why_not():
    """A select on the connection is refused when it runs, so one that no test runs would be a page that is down."""
    plain = re.compile(r"connection\(\)\.execute(?!\(\s*beside\()")
    assert [_named(path) for path in SOURCES if "plugins" in path.parts and plain.search(path.read_text("utf-8"))] == []


def test_the_day_of_a_moment_is_that_of_the_facilities():
    """Moments are kept in the time of the world: for two hours of each night its day is another one."""
    asked = re.compile(r"\b(at|moment|now|\w+_at)\.date\(\)|utcnow\(\)\.(date|year|month|day)\b")
    places = {"core/data/calendar.py", "plugins/elmis/history/same_day.py", "plugins/elmis/counts/forms.py"}  # local()
    assert {_named(path) for path in SOURCES if asked.search(path.read_text("utf-8"))} <= places


PAGES = ("views", "factor_views", "own", "forms", "tables", "hooks", "plugin")


@pytest.mark.parametrize("path", [p for p in SOURCES if p.stem in PAGES], ids=_named)
def test_no_page_reads_past_the_rights_by_itself(path):
    assert "read_beside" not in path.read_text("utf-8"), (
        "a service reads so, and says why: a page shows what it is given"
    )


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


PROPOSALS = {
    "AskForm",
    "GrantForm",
    "ProposeForm",
    "AcceptForm",
    "AssignForm",
    "ChecklistForm",
    "CountForm",
    "IssueForm",
    "FoundForm",
    "BackForm",
    "ReasonForm",
    "NewWebhookForm",
    "DecideForm",
    "RegisterForm",
    "AssessForm",
    "ReadingForm",
    "SafetyForm",
    "CorrectedSafetyForm",
    "CorrectedOtherForm",
}  # filled with what nobody has stored


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.stem in ("views", "factor_views", "own", "forms")], ids=_named
)
def test_the_form_of_a_stored_row_carries_what_it_saw(path):
    """Else an older page would put old values back: `Form(row=…)`, never `data=` or `obj=`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    filled = {_name_of(call) for call in calls if {"data", "obj"} & {word.arg for word in call.keywords}}
    assert {name for name in filled if name.endswith("Form")} <= PROPOSALS


def _name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _asks_an_executor(call: ast.Call) -> bool:
    """`executor.submit(function)` has the name alone in common; `doing.submit` would be of the module."""
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "doing"


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_pages_do_verbs_and_nothing_else(path):
    """What a page does by a function of its own, no program, list or device can do."""
    for outer in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)):
        inner = {node.name for node in ast.walk(outer) if isinstance(node, ast.FunctionDef) and node is not outer}
        for call in (node for node in ast.walk(outer) if isinstance(node, ast.Call)):
            if _name_of(call) in ("submit", "act", "act_on") and not _asks_an_executor(call):
                verb = call.args[_name_of(call) == "submit"]
                assert not isinstance(verb, ast.Lambda | ast.Call), f"line {call.lineno}: a verb of verbs.py"
                assert getattr(verb, "id", "") not in inner, f"line {call.lineno}: a verb of verbs.py"


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_no_known_trap(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    joined = re.findall(
        r"joinedload\((?!open_to_all\)|\w+\.(?:facility|supplier|type|model|product|programme)\))", text
    )  # as everyone
    assert not joined, "joinedload escapes the access filter: use selectinload"
    assert "render_template_string" not in text
    assert "type=int)" not in text, "a number too large for a database is a 500: use type=row_id"
    assert not re.search(r"shell=True|os\.system|\bpickle\b|yaml\.load\(|hashlib\.(md5|sha1)", text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "text":
            built = [each for arg in node.args for each in ast.walk(arg) if isinstance(each, ast.JoinedStr)]
            assert not built, "SQL is never built from strings"
        if isinstance(node, ast.ClassDef):
            assert not {base.id for base in node.bases if isinstance(base, ast.Name)} & {"MethodView", "View"}


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_files_stay_readable(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 50, f"{node.name} is too long"


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_public_names_say_what_they_return(path):
    tree = ast.parse(path.read_text("utf-8"))
    nodes = [tree, *(node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))]
    silent = [
        getattr(node, "name", "module")
        for node in nodes
        if not getattr(node, "name", "").startswith("_") and (tree.body or node is not tree)
        if not ast.get_docstring(node)
    ]
    assert not silent


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_templates_hold_no_inline_script_or_style(path):
    text = path.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=|javascript:|hx-on|\bjs:", text)
    assert not re.search(r"\sstyle=", text) or path.name == "document.html"
    assert "|safe" not in text.replace(" ", "")


def test_every_form_begins_in_the_same_way():
    """With its key, what it saw, and what is asked of it: a page that wrote these itself left the questions out."""
    own = [_named(path) for path in TEMPLATES if "hidden_tag" in path.read_text("utf-8")]
    assert own == ["core/web/templates/macros/forms.html"]


def test_markup_is_made_in_few_places():
    users = {_named(path) for path in SOURCES if "Markup(" in path.read_text("utf-8")}
    allowed = {
        "core/web/pages.py",
        "core/web/assets.py",
        "core/web/charts.py",
        "core/web/maps.py",
        "core/web/documents.py",
        "core/web/tables.py",
        "core/web/rows.py",
        "plugins/elmis/stock/drawing.py",  # the rows of its longest list, as core/web/rows.py draws the others
        "core/web/texts.py",
        "core/web/forms.py",
    }
    assert users <= allowed, "text becomes HTML only where it is escaped by Markup.format"


def test_every_model_says_its_scope_its_entity_and_its_lengths(app):
    registered = {entity.name for entity in app.extensions["amagara.entities"]}
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if migrations.owner(mapper.local_table.name) not in migrations.folders():
            continue
        assert isinstance(getattr(model, "__scope__", None), Scope), model
        assert mapper.local_table.name.startswith(
            f"{model.__module__.split('.')[0 if model.__module__.startswith('core') else 1]}_"
        )
        assert isinstance(model.__scope__, Internal) or model.__entity__ in registered, model
        for column in mapper.local_table.columns:
            if type(column.type) is String:
                assert column.type.length, f"{column} has no length"


def test_every_column_of_the_trail_has_words(app):
    """Else the journal shows its name: a label, what it refers to, or `unshown`."""
    from core.data.naming import column_of, target_of

    silent = [
        f"{entity.name}.{name}"
        for entity in app.extensions["amagara.entities"]
        for name, column in entity.model.__mapper__.columns.items()
        if name != "id" and not {"label", "unshown", "key_of"} & column.info.keys() and not target_of(column)
    ]
    assert not silent
    stated = [each for each in app.extensions["amagara.entities"] if "state" in each.model.__mapper__.columns]
    assert not [each.name for each in stated if "state" not in each.words], "what do its states mean?"
    for entity in app.extensions["amagara.entities"]:
        for name in (*entity.words, *entity.named):
            column = column_of(entity, name)
            column = column_of(entity, f"{name}_fr") if column is None and name in entity.named else column
            assert column is not None, f"{entity.name} has no {name}"


def test_every_permission_is_used(app):
    text = "\n".join(path.read_text("utf-8") for path in [*SOURCES, *TEMPLATES])
    asked = {verb.permission for entity in entities() for verb in entity.verbs}
    scopes = [entity.model.__scope__ for entity in entities()]
    asked |= {
        each for scope in scopes for name in ("read", "write", "log") for each in each_right(getattr(scope, name, ()))
    }
    asked |= {getattr(entity.table, "export_right", "") for entity in entities()}
    waits = [wait for entity in entities() if entity.machine for _state, _at, wait in entity.machine.waits()]
    asked |= {name for wait in waits for name in (wait.right, wait.escalates)}
    for name in app.extensions["amagara.permissions"]:
        assert name in asked or text.count(f'"{name}"') > 1, f"{name} is declared and never asked for"


def test_every_name_of_a_right_is_declared(app):
    known = set(app.extensions["amagara.permissions"])
    prefixes = {name.split(".")[0] for name in known}
    for path in SOURCES:
        for name in re.findall(r'(?:permission|require|can)\("([a-z_.]+)"', path.read_text("utf-8")):
            assert name in known or name.split(".")[0] not in prefixes, f"{_named(path)} names {name}"


PUBLIC_ENDPOINTS = {  # what anybody may open: a new one is a decision
    "static", "home.pulse", "api.described", "users.sign_in", "users.code", "users.welcome", "users.preferences",
    "notices.stop", "device.worker", "users.unlock", "home.favicon", "equipment_label.find", "equipment_label.report", "equipment_label.sent",
}  # fmt: skip


def test_few_pages_are_public_and_none_acts_with_all_rights(app):
    found = {name for name, view in app.view_functions.items() if getattr(view, "permission", None) == PUBLIC}
    assert found == PUBLIC_ENDPOINTS
    everywhere = [path for path in SOURCES if path.stem in ("views", "factor_views", "own", "login", "pages")]
    assert [_named(path) for path in everywhere if "Access.system(" in path.read_text("utf-8")] == []


def test_an_endpoint_without_a_right_refuses_the_start(app):
    bare = Flask("bare", static_folder=None)
    bare.extensions["amagara.permissions"] = app.extensions["amagara.permissions"]
    bare.add_url_rule("/open", "open", public(lambda: ""))
    checks.every_endpoint_declares_its_right(bare)
    bare.add_url_rule("/forgotten", "forgotten", lambda: "")
    with pytest.raises(checks.DoesNotFit, match="forgotten"):
        checks.every_endpoint_declares_its_right(bare)


def test_unknown_and_double_names_refuse_the_start():
    twice = [[Permission("a.b", "x")], [Permission("a.b", "y")]]
    with pytest.raises(checks.DoesNotFit):
        checks.named_permissions(twice)
    with pytest.raises(checks.DoesNotFit):
        checks.one_provider_each([{str: 1}, {str: 2}])
    for facts in ([[Fact("a.b.c", "x")], [Fact("a.b.c", "y")]], [[Fact("a.b.c", "")]], [[Fact("a b", "x")]]):
        with pytest.raises(checks.DoesNotFit):
            checks.known_facts(facts)


def test_every_hook_is_documented_with_its_arguments():
    text = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    for name, function in vars(hookspecs).items():
        if getattr(function, "amagara_spec", None) is not None:
            arguments = ", ".join(function.__code__.co_varnames[: function.__code__.co_argcount])
            assert f"`{name}({arguments})`" in text, f"docs/plugins.md does not say {name}({arguments})"


def test_plugins_import_what_the_page_of_names_holds():
    from scripts import names

    assert names.PAGE.read_text("utf-8") == names.fresh(), "run python scripts/names.py, and see what it adds"
    promised = set(names.listed(names.PAGE.read_text("utf-8").partition("## Within")[0]))
    tutorial = "\n".join(
        re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "plugins.md").read_text("utf-8"), re.S | re.M)
    )
    written = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "core/upkeep/data").glob("*.py.txt")))
    for text in (tutorial, written):
        used = names.named_in(re.sub("@name@", "own", text))
        assert used and used <= promised, used - promised


def test_the_page_of_states_says_what_the_machines_do(app):
    spec = importlib.util.spec_from_file_location("states", ROOT / "scripts" / "states.py")
    states = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(states)
    assert (ROOT / "docs" / "states.md").read_text("utf-8") == states.pages(app), (
        "run scripts/states.py > docs/states.md"
    )


def _told():
    """Return (topic, names of its data) of each fact that the code makes."""
    told = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "emit":
                topic = ast.unparse(node.args[0]).removeprefix("f").strip("'\"")
                told.add((topic, tuple(sorted(each.arg for each in node.keywords))))
    return told


def test_every_fact_may_be_told_to_other_systems_and_is_declared_for_that(app):
    declared = app.extensions["amagara.facts"].keys()
    made = {re.sub(r"\\{[^}]*\\}", r"\\w+", re.escape(topic)) for topic, _data in _told()} - {r"core\.fact\.unheard"}
    assert [topic for topic in declared if not any(re.fullmatch(each, topic) for each in made)] == []
    assert [each for each in made if not any(re.fullmatch(each, topic) for topic in declared)] == []


def test_every_fact_is_documented_with_its_contents():
    lines = re.findall(
        r"^\| `([\w.{}]+)` \| [^|]+ \| ([^|]+) \|$", (ROOT / "docs" / "plugins.md").read_text("utf-8"), re.M
    )
    assert {(topic, tuple(sorted(re.findall(r"`(\w+)`", data)))) for topic, data in lines} == _told()


READS_BESIDE = {  # what reads past the rights, each statement with its reason: a new module here is a decision
    "core/data": "bulk confidence poured",
    "core/facilities": "stranded",
    "core/fields": "services",
    "core/imports": "leaving",
    "core/journal": "names",
    "core/users": "demo",
    "core/users/accounts": "services",
    "core/users/directory": "services",
    "core/users/interims": "models",
    "core/users/rights": "audience held leaving refusals rules",
    "core/users/signin": "services",
    "plugins/elmis/counts": "absent comparing meeting",
    "plugins/elmis/dashboards": "reports",
    "plugins/elmis/history": "importer staging",
    "plugins/elmis/ledger": "already balances book card guard observations reports rules services turns verify",
    "plugins/elmis/lots": "importer proposals",
    "plugins/elmis/orders": "offers reports stranded waiting",
    "plugins/elmis/promises": "aside",
    "plugins/elmis/recalls": "reports",
    "plugins/elmis/replenishment": "reports returns",
    "plugins/elmis/requisitions": "coming country doubts progress services",
    "plugins/elmis/store": "free",
    "plugins/elmis/transfers": "services",
    "plugins/gmao/campaigns": "comparing",
    "plugins/gmao/disposals": "services",
    "plugins/gmao/equipment": "importer services",
    "plugins/gmao/figures": "reports",
    "plugins/gmao/plans": "services",
    "plugins/gmao/safety": "matching",
    "plugins/hr/leave": "importer reckoning service",
    "plugins/hr": "port",
    "plugins/hr/persons": "doubles services",
    "plugins/hr/posts": "directory",
}


def test_few_modules_read_past_the_rights():
    found = {_named(path) for path in SOURCES if re.search(r"\bread_beside\(", path.read_text("utf-8"))}
    assert found == {f"{folder}/{name}.py" for folder, names in READS_BESIDE.items() for name in names.split()}


def test_grants_are_read_in_one_place_which_counts_their_days():
    """Whoever joined them elsewhere would forget that a grant begins and ends."""
    joined = re.compile(r"core_grant|join\([^)]*\bGrant\b|\bGrant\.\w+_id\b|select\([^)]*\bGrant\b")
    found = {_named(path) for path in SOURCES if joined.search(path.read_text("utf-8"))}
    assert found == {"core/users/rights/held.py", "core/users/rights/models.py"}
    naming = {
        _named(path) for path in SOURCES if re.search(r"import .*\bGrant\b|^    Grant,$", path.read_text("utf-8"), re.M)
    }
    assert naming == {
        "core/seeds.py", "core/users/hooks.py", *(f"core/users/accounts/{name}.py" for name in ("models", "services", "tables")),
        *(f"core/users/rights/{name}.py" for name in ("forms", "grants", "verbs", "views")),
    }  # fmt: skip


@pytest.mark.both_databases
def test_models_and_migrations_agree_with_one_head_a_branch(app):
    from alembic.script import ScriptDirectory

    assert migrations.differences() == []
    heads = ScriptDirectory.from_config(migrations.configuration()).get_heads()
    assert len(heads) == len(migrations.folders())


@pytest.mark.parametrize("names", [[], ["elmis"]], ids=["core alone", "elmis alone"])
def test_the_house_stands_with_each_plugin_alone(names, tmp_path):
    app = build(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, PLUGINS=names)
    with app.app_context():
        migrations.upgrade()
        labels = {item.endpoint for item in each(app.extensions["amagara.plugins"].hook.menu())}
    assert labels <= set(app.view_functions)
    assert app.test_client().get("/sign-in").status_code == 200


def test_a_plugin_that_is_switched_off_leaves_its_tables_and_the_house_serves(tmp_path):
    address = f"sqlite:///{tmp_path / 'a.db'}"
    for names in (["elmis"], [], ["elmis"]):
        app = build(address, tmp_path, PLUGINS=names)
        with app.app_context():
            migrations.upgrade()
            assert migrations.faults() == [], names
            rows = db.session.execute(sql("SELECT version_num FROM alembic_version")).scalars().all()
            assert any(each.startswith("elmis_") for each in rows)
        assert app.test_client().get("/sign-in").status_code == 200


def test_a_database_of_a_later_release_is_named(tmp_path):
    app = build(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, PLUGINS=[])
    with app.app_context():
        migrations.upgrade()
        with unit_of_work(Access.system("test")):
            db.session.execute(sql("INSERT INTO alembic_version VALUES ('gone_0007')"))
        assert "gone_0007" in migrations.faults()[0]


def test_whatever_a_page_leads_to_is_there(tmp_path):
    """A button that few rows show led to a view that had moved to another room."""
    known = build(f"sqlite:///{tmp_path / 'a.db'}", tmp_path).view_functions
    named = re.compile(r"""url_for\(\s*['"]([a-z_]+(?:\.[a-z_]+)?)['"]""")
    files = [
        path for suffix in ("html", "py") for room in ("core", "plugins") for path in (ROOT / room).rglob(f"*.{suffix}")
    ]
    lost = {(path.name, name) for path in files for name in named.findall(path.read_text(encoding="utf-8"))
            if name not in known}  # fmt: skip
    assert len(files) > 400 and not lost


def test_the_floors_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_no_template_is_empty(path):
    """An empty one is a blank page that answers 200."""
    assert path.read_text("utf-8").strip()


def _series_named(module: Any, node: ast.expr) -> Any:
    """Return what a name, or an attribute of one, stands for in a module; None where it is only known as it runs."""
    if isinstance(node, ast.Attribute):
        return getattr(_series_named(module, node.value), node.attr, None)
    return getattr(module, node.id, None) if isinstance(node, ast.Name) else None


def test_no_number_is_made_but_by_a_declared_series(app):
    """Every call names a series that a plugin declares, or that of a kind of slip; the counter has one writer."""
    declared, found = app.extensions["amagara.numbers"], 0
    for path in SOURCES:
        text = path.read_text()
        assert "core_counter" not in text or path.name in ("numbers.py", "core_0001_first_tables.py"), path
        for call in ast.walk(ast.parse(text)):
            if (
                not isinstance(call, ast.Call)
                or getattr(call.func, "id", getattr(call.func, "attr", "")) != "next_number"
            ):
                continue
            name, found = call.args[0], found + 1
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            series = _series_named(module, name)
            if series is None:
                from plugins.elmis.store.kinds import KINDS

                assert ast.unparse(name) == "kind.series", f"{path}: {ast.unparse(name)}"
                assert {kind.series.name for kind in KINDS.values()} <= declared.keys()
            else:
                assert declared.get(series.name) is series, f"{path}: {ast.unparse(name)}"
    assert found >= 9
