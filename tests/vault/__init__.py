"""A plugin with confidential rows, and what must hold at every door; run in a process of its own by
tests/core/test_confidence.py, since its tables are nobody else's."""
