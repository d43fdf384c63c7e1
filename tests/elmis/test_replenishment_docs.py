"""The example of docs/replenishment.md runs as it is written."""

import re
from pathlib import Path

from plugins.elmis.formulas.suggestion import Suggestion

DOCS = Path(__file__).resolve().parents[2] / "docs" / "replenishment.md"


def test_the_code_of_the_document_runs() -> None:
    code = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    assert code
    names: dict = {}
    exec(code[1], names)
    kept = Suggestion.from_dict(names["snapshot"])
    assert kept == names["found"] and kept.working == names["found"].working
