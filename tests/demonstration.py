"""The demonstration country, seeded once for a run: the browser tests serve it, others copy it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

AMAGARA = [str(Path(sys.executable).with_name("amagara"))]


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance folder whose database holds the demonstration, made once for a run."""
    folder = tmp_path_factory.mktemp("served")
    for words in (["db", "upgrade"], ["seed", "reference"], ["seed", "demo"]):
        subprocess.run([*AMAGARA, *words], env=environment(folder), check=True, capture_output=True)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process that works on the database of a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMAGARA_")}
    return kept | {"AMAGARA_INSTANCE": str(folder)} | more
