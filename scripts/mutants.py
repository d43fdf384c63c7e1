"""How sharp the tests are: one small change at a time in the floors and the ledger, and whether a test notices it.

`make mutants` (ROOM=formulas, MOST=20 changes a file, SEED=1) prints a row for each file, then what no test noticed.
Cosmic Ray finds the places and makes the changes, in copies of the tree in a temporary folder: the tree itself stays as
it is, also when the run is interrupted. The same seed draws the same changes, and lets Hypothesis try the same.
"""

import argparse
import ast
import compileall
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
TESTS = {  # what is changed → the quick tests that have to notice, the likeliest first; the first row that fits counts
    "core/data/access.py": "core/test_floor core/test_rights_below",
    "core/data/rights.py": "core/test_floor core/test_rights_below core/test_interims core/test_grants",
    "core/data/bulk.py": "core/test_floor core/test_rights_below core/test_audit_tampering",
    "core/data/work.py": "core/test_floor core/test_busy core/test_forms core/test_questions core/test_webhooks",
    "core/data/numbers.py": "core/test_numbers",
    "core/data/confidence.py": "core/test_confidence core/test_floor",
    "core/data/exact.py": "elmis/test_cmm elmis/test_suggestion",
    "plugins/gmao/formulas/*.py": "gmao/test_risk gmao/test_books gmao/test_downtime gmao/test_recurrence "
    "gmao/test_coldchain gmao/test_meters",
    "plugins/elmis/formulas/*.py": "elmis/test_cmm elmis/test_fefo elmis/test_packs elmis/test_suggestion",
    "plugins/elmis/ledger/book.py": "elmis/test_day_of_a_count elmis/test_counts",
    "plugins/elmis/ledger/wards.py": "elmis/test_stock_pages elmis/test_store_pages",
    "plugins/elmis/ledger/discrepancies.py": "elmis/test_backdating elmis/test_observations",
    "plugins/elmis/ledger/observations.py": "elmis/test_observations elmis/test_counts",
    "plugins/elmis/ledger/givable.py": "elmis/test_usable_stock elmis/test_stock_card",
    "plugins/elmis/ledger/guard.py": "elmis/test_usable_stock",
    "plugins/elmis/ledger/card.py": "elmis/test_stock_card",
    "plugins/elmis/ledger/months.py": "elmis/test_stock_card elmis/test_usable_stock",
    "plugins/elmis/ledger/reports.py": "elmis/test_stock_card elmis/test_stock_pages",
    "plugins/elmis/ledger/tables.py": "elmis/test_stock_pages elmis/test_stock_card",
    "plugins/elmis/ledger/moves.py": "elmis/test_received_twice elmis/test_ledger",
    "plugins/elmis/ledger/received.py": "elmis/test_received_twice",
    "plugins/elmis/ledger/days.py": "elmis/test_received_twice elmis/test_closing",
    "plugins/elmis/ledger/services.py": "elmis/test_ledger elmis/test_day_of_a_count elmis/test_closing",
    "plugins/elmis/ledger/*.py": "elmis/test_ledger elmis/test_ledger_model elmis/test_turns elmis/test_backdating",
}
QUICK = "not browser and not postgres and not redis and not slow"
LEFT = shutil.ignore_patterns(".git", ".venv*", "node_modules", "instance", "__pycache__", ".hypothesis", ".*_cache")
CORES = 2
LIVE: set["subprocess.Popen[bytes]"] = set()  # the tests that run


def changes(source: str, most: int, seed: str) -> list[tuple[str, str]]:
    """Return up to `most` (change in words, changed source), each at another place.

    None is in a type or the columns of a table: mypy and the migrations, which a test compares, hold these.
    """
    places, tree, declared = defaultdict(list), get_ast(source), list(_declared(source))
    for operator in map(get_operator, operator_names()):
        if not operator.arguments():
            spans = [span for node in ast_nodes(tree) for span in operator().mutation_positions(node)]
            for occurrence, (start, _) in enumerate(spans):
                if not any(first <= start < last for first, last in declared):
                    places[start].append((operator, occurrence))
    draw = random.Random(seed)
    drawn = [(place, draw.choice(places[place])) for place in draw.sample(sorted(places), min(most, len(places)))]
    made = [(place, mutate_code(source, operator(), occurrence)) for place, (operator, occurrence) in sorted(drawn)]
    return [(f"{line}: {_words(source, changed)}", changed) for (line, _), changed in made if _parses(changed)]


def _parses(source: str) -> bool:
    with suppress(SyntaxError):
        return bool(ast.parse(source))
    return False  # the star of "only by name" is taken for a product: anybody notices that


def _declared(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(source)):
        kind = getattr(node, "annotation", None)
        column = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith("Mapped[")
        table = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__table_args__"
        for part in (node if column or table else kind, getattr(node, "returns", None)):
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def _words(before: str, after: str) -> str:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[2:]
    return " → ".join("; ".join(line[1:].strip() for line in lines if line[0] == sign) or "nothing" for sign in "-+")


def passes(tests: str, seed: int, tree: Path, seconds: float) -> bool:
    """Return whether all tests pass in a copy of the tree; what takes longer does not."""
    command = [sys.executable, "-m", "pytest", "-qx", "--tb=no", "-m", QUICK, "-p", "no:randomly"]
    command += ["-p", "no:cacheprovider", f"--hypothesis-seed={seed}", *(f"tests/{name}.py" for name in tests.split())]
    nothing = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    tests_run = subprocess.Popen(command, cwd=tree, env=environment, start_new_session=True, **nothing)  # noqa: S603
    LIVE.add(tests_run)
    try:
        return tests_run.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        _end(tests_run)
        LIVE.discard(tests_run)


def _end(tests_run: "subprocess.Popen[bytes]") -> None:
    if tests_run.poll() is None:
        with suppress(ProcessLookupError):  # it may end meanwhile
            os.killpg(tests_run.pid, signal.SIGKILL)  # with the processes that tests have started
        tests_run.wait()


def survives(trees: SimpleQueue[Path], path: str, changed: str, tests: str, seed: int, seconds: float) -> bool:
    """Return whether the tests pass although the file was changed, in a copy that nobody else uses meanwhile."""
    tree = trees.get()
    source = (tree / path).read_bytes()
    try:
        (tree / path).write_text(changed, "utf-8")
        return passes(tests, seed, tree, seconds)
    finally:
        (tree / path).write_bytes(source)
        trees.put(tree)


def run(files: dict[str, str], most: int, seed: int, trees: SimpleQueue[Path], workers: ThreadPoolExecutor) -> None:
    """Print a row for each file as it is done, and in the end, also one that comes early, what no test noticed."""
    seconds: dict[str, float] = {}
    made, survivors = 0, []
    print("| file | changes | noticed | score |\n|---|---:|---:|---:|", flush=True)
    try:
        for path, tests in files.items():
            if tests not in seconds:
                tree, begun = trees.get(), monotonic()
                if not passes(tests, seed, tree, 900):
                    sys.exit(f"These fail without any change: {tests}")
                trees.put(tree)
                seconds[tests] = 30 + 5 * (monotonic() - begun)
            drawn = changes((ROOT / path).read_text("utf-8"), most, f"{seed} {path}")
            tried = [workers.submit(survives, trees, path, new, tests, seed, seconds[tests]) for _, new in drawn]
            alive = [f"{path}:{words}" for (words, _), one in zip(drawn, tried, strict=True) if one.result()]
            made, survivors = made + len(drawn), survivors + alive
            if drawn:
                print(_row(path, len(drawn), len(alive)), flush=True)
    finally:
        workers.shutdown(wait=False, cancel_futures=True)
        for tests_run in list(LIVE):
            _end(tests_run)
        print(_row("together", made, len(survivors)), f"\nSeed {seed}. Not noticed:", *survivors, sep="\n", flush=True)


def _row(name: str, made: int, alive: int) -> str:
    return f"| {name} | {made} | {made - alive} | {100 * (made - alive) // max(made, 1)} % |"


def chosen(room: str = "") -> dict[str, str]:
    """Return {path: tests} of what is changed, as far as the path has the room in it."""
    found: dict[str, str] = {}
    for pattern, tests in TESTS.items():
        for path in sorted(ROOT.glob(pattern)):
            found.setdefault(str(path.relative_to(ROOT)), tests)
    return {path: tests for path, tests in found.items() if room in path}


def main() -> None:
    """Copy the tree for each core, compiled so that a change is seen by its content, not its time; leave nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", nargs="?", default="", help="part of the paths, such as numbers, formulas or elmis")
    parser.add_argument("--most", type=int, default=20, help="changes a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends as Ctrl-C does
    with TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(CORES) as workers:
        trees: SimpleQueue[Path] = SimpleQueue()
        for core in range(CORES):
            trees.put(Path(shutil.copytree(ROOT, Path(folder, str(core)), ignore=LEFT)))
            compileall.compile_dir(Path(folder, str(core)), quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        run(chosen(asked.room), asked.most, asked.seed, trees, workers)


if __name__ == "__main__":
    main()
