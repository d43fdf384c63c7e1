"""How rows are kept, below every view."""
