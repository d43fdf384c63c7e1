"""The French catalogues: gather the messages of core and of each plugin, find gaps, fill, compile.

Message ids are English, so English needs no catalogue. Every command works under one lock, so
several people can run it in the same tree.

    messages.py update             read the sources, bring the catalogues up to date
    messages.py missing [NAME]     print {"English": ""} for every message without French
    messages.py fill FILE.json     write {"English": "Français"} or {"One": ["singulier", "pluriel"]}
    messages.py check              fail if a message is missing or a catalogue is out of date
    messages.py compile            write the .mo files that Flask reads
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "fr"
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
    "lazy_ngettext": (1, 2),
}
HEADER = f"""\
# French of Amagara. English ids, kept by scripts/messages.py.
msgid ""
msgstr ""
"Language: {LANGUAGE}\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
TEMPLATES = {  # as core/web/__init__.py reads them
    "extensions": "jinja2.ext.do",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "trimmed": "true",
    "silent": "false",
}
METHODS = {".py": "python", ".html": "jinja2", ".svg": "jinja2", ".txt": "jinja2", ".xml": "jinja2"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def parts() -> dict[str, Path]:
    """Return {name: folder} of core and every plugin."""
    plugins = sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py"))
    return {"core": ROOT / "core"} | {folder.name: folder for folder in plugins}


def catalogue_path(folder: Path) -> Path:
    """Return where the French of a part is kept."""
    return folder / "translations" / LANGUAGE / "LC_MESSAGES" / "messages.po"


def sources(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file of a part that may hold messages, with Babel's way to read it."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.suffix == ".py" or (path.suffix in METHODS and "templates" in inside):
            yield path, METHODS[path.suffix]


def extract(folder: Path) -> Catalog:
    """Return the messages of a part as they stand in its sources."""
    found = Catalog(locale=LANGUAGE)
    for path, method in sources(folder):
        try:
            for _line, ids, comments, context in messages_of(path, method):
                found.add(ids, auto_comments=comments, context=context)
        except (TemplateSyntaxError, SyntaxError, TokenError) as error:
            print(f"{path.relative_to(ROOT)} cannot be read: {error}", file=sys.stderr)
    return found


def messages_of(path: Path, method: str) -> list[tuple]:
    """Return (line, ids, comments, context) of each message in a file."""
    options = TEMPLATES if method == "jinja2" else {}
    return list(extract_from_file(method, path, KEYWORDS, ("Translators:",), options))


def read(folder: Path) -> Catalog:
    """Return the catalogue of a part, empty when there is none yet."""
    path = catalogue_path(folder)
    if not path.exists():
        return Catalog(locale=LANGUAGE, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, charset="utf-8")


def merge(kept: Catalog, found: Catalog) -> Catalog:
    """Return the found messages with the kept translations; a message that went is set aside.

    Babel guesses at changed messages and forgets those that come back: both lose work.
    """
    known = {key(message): message for message in [*kept.obsolete.values(), *kept] if message.id}
    merged = Catalog(locale=LANGUAGE, fuzzy=False)
    for message in (message for message in found if message.id):
        old = known.pop(key(message), None)
        fits = old is not None and isinstance(old.string, tuple) == message.pluralizable
        string = old.string if old and fits else None
        merged.add(message.id, string, auto_comments=message.auto_comments, context=message.context)
    merged.obsolete.update((name, message) for name, message in known.items() if translated(message))
    return merged


def key(message: Message) -> str | tuple[str, str | None]:
    """Return what tells a message from others: its singular, and its context if it has one."""
    singular = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
    return (singular, message.context) if message.context else singular


def translated(message: Message) -> bool:
    """Tell whether every form of a message has its French."""
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return all(strings)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as text, sorted and without places, so that changes stay small."""
    out = BytesIO()
    write_po(out, catalogue, no_location=True, sort_output=True, omit_header=True, width=100)
    return HEADER.encode() + out.getvalue().lstrip(b"\n")


def save(path: Path, content: bytes) -> bool:
    """Write a file at once, if it differs; return whether it did."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    return True


def gaps(catalogue: Catalog) -> dict[str, str | list[str]]:
    """Return {English: ""} (or two for a plural) for each message without French."""
    lacking = [message for message in catalogue if message.id and not translated(message)]
    return {singular(message): ["", ""] if message.pluralizable else "" for message in lacking}


def singular(message: Message) -> str:
    """Return the English of a message, of its singular when it has a plural."""
    return message.id[0] if isinstance(message.id, (list, tuple)) else message.id


def fitting(message: Message, french: str | list[str]) -> str | tuple[str, ...]:
    """Return French ready for the catalogue; refuse a wrong number of forms or other placeholders."""
    forms = [typeset(french)] if isinstance(french, str) else [typeset(form) for form in french]
    if len(forms) != (2 if message.pluralizable else 1):
        raise ValueError("needs [singular, plural]" if message.pluralizable else "has no plural")
    ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    allowed = set(PLACEHOLDER.findall(" ".join(ids)))
    if not set(PLACEHOLDER.findall(" ".join(forms))) <= allowed:
        raise ValueError(f"uses other placeholders than {sorted(allowed)}")
    if not message.pluralizable and set(PLACEHOLDER.findall(forms[0])) != allowed:
        raise ValueError(f"must use the placeholders {sorted(allowed)}")
    return tuple(forms) if message.pluralizable else forms[0]


def typeset(french: str) -> str:
    """Return French with the no-break spaces its typography wants."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", "\u00a0", french).replace("'", "’")


def update() -> int:
    """Bring every catalogue up to date and say what is missing."""
    for name, folder in parts().items():
        catalogue = merge(read(folder), extract(folder))
        if len(catalogue) or catalogue.obsolete:
            save(catalogue_path(folder), written(catalogue))
            print(f"{name}: {len(catalogue)} messages, {len(gaps(catalogue))} without French")
    return 0


def missing(names: Iterable[str]) -> int:
    """Print what lacks French, ready to be filled."""
    chosen = [folder for name, folder in parts().items() if not names or name in names]
    lacking = {english: gap for folder in chosen for english, gap in gaps(read(folder)).items()}
    print(json.dumps(lacking, ensure_ascii=False, indent=1))
    return 0


def fill(files: Iterable[str]) -> int:
    """Write the French of the files in every catalogue that has the message; report what did not fit."""
    given = {english: french for file in files for english, french in json.loads(Path(file).read_text()).items()}
    wanted, used, refused = {k: v for k, v in given.items() if any(v)}, set(), []
    for folder in parts().values():
        catalogue = merge(read(folder), extract(folder))
        for message in (message for message in catalogue if message.id and singular(message) in wanted):
            used.add(singular(message))
            try:
                message.string = fitting(message, wanted[singular(message)])
            except ValueError as reason:
                refused.append(f"{singular(message)!r} {reason}")
        if len(catalogue):
            save(catalogue_path(folder), written(catalogue))
    unknown = [f"{english!r} is in no catalogue" for english in wanted if english not in used]
    print(*refused, *unknown, f"{len(used) - len(set(refused))} of {len(wanted)} filled", sep="\n")
    return 1 if refused or unknown else 0


def check() -> int:
    """Fail if a catalogue lacks a message or its French."""
    problems = []
    for name, folder in parts().items():
        lacking = gaps(merge(read(folder), extract(folder)))
        problems += [f"{name}: no French for {english!r}" for english in lacking]
    print(*problems, f"{len(problems)} messages without French", sep="\n")
    return 1 if problems else 0


def compile_all() -> int:
    """Write the binary catalogues that changed."""
    for folder in parts().values():
        path = catalogue_path(folder)
        if path.exists():
            out = BytesIO()
            write_mo(out, read(folder))
            save(path.with_suffix(".mo"), out.getvalue())
            os.utime(path.with_suffix(".mo"))  # make compares times
    return 0


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other run of this script works in the tree."""
    handle = os.open(ROOT / "core", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    command, *rest = arguments or ["help"]
    commands = {"update": update, "check": check, "compile": compile_all}
    with alone():
        if command in commands and not rest:
            return commands[command]()
        if command == "missing":
            return missing(rest)
        if command == "fill" and rest:
            return fill(rest)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
