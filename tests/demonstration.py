"""The demonstration country, seeded once for a run: the browser tests serve it, others copy it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

AMAGARA = [str(Path(sys.executable).with_name("amagara"))]


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return an instance folder whose database holds the demonstration, made once for a run by whoever asks first."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    folder, done = shared / "served", shared / "served.done"
    with (shared / "served.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            for words in (["db", "upgrade"], ["seed", "reference"], ["seed", "demo"]):
                subprocess.run([*AMAGARA, *words], env=environment(folder), check=True, capture_output=True)
            done.touch()
    return folder


@pytest.fixture(scope="module")
def demonstration(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Yield the application on a copy of the demonstration, which may be spoilt."""
    from core.data.db import db
    from tests.conftest import build

    folder = shutil.copytree(instance, tmp_path_factory.mktemp("copied") / "instance")
    app = build(f"sqlite:///{folder}/amagara.db", folder, AUDIT_KEY=(folder / "audit.key").read_text())
    with app.app_context():
        yield app
        db.engine.dispose()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process that works on the database of a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMAGARA_")}
    return kept | {"AMAGARA_INSTANCE": str(folder)} | more
