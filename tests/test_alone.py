"""Every plugin can be switched off: the core's tests pass without any, each plugin's with it alone."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted(entry.name for entry in entry_points(group="amagara.plugins"))
QUICK = "not browser and not postgres and not slow"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("plugin", ["", *(PLUGINS if len(PLUGINS) > 1 else [])])
def test_the_suite_passes_with_one_plugin_or_none(plugin):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    folders = ["tests/core", *([f"tests/{plugin}"] if plugin else [])]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", QUICK, *folders]
    run = subprocess.run(
        command, cwd=ROOT, env=environment | {"AMAGARA_PLUGINS": plugin}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
