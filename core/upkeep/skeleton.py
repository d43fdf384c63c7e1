"""The first files of a plugin: `amagara plugin new NAME` writes them, and they run as they are."""

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

from core.contract.plugins import installed
from core.contract.words import _
from core.data.errors import Refused

FILES = Path(__file__).parent / "data"
NAME = "@name@"  # stands where the name of the plugin comes; "~" in a file's name is "/"


def write(name: str, where: Path) -> Path:
    """Return the folder amagara-NAME that was made in `where`, with a plugin that starts; Refused when the name is none
    of a package or that of another one, or the folder is there."""
    if not re.fullmatch(r"[a-z][a-z0-9]{1,19}", name) or keyword.iskeyword(name):
        raise Refused(_("Name the plugin in 2 to 20 small letters and figures, a letter first."))
    if name in {each.name for each in installed()} or find_spec(name) is not None:
        raise Refused(_("There is a Python package or a plugin “%(name)s” already: choose another name.", name=name))
    folder = where / f"amagara-{name}"
    if folder.exists():
        raise Refused(_("%(folder)s is there already: nothing is written over.", folder=folder))
    for source in sorted(FILES.glob("*.txt")):
        path = folder / source.name.removesuffix(".txt").replace(NAME, name).replace("~", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.read_text("utf-8").replace(NAME, name), "utf-8")
    return folder
