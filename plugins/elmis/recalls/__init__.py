"""Recalls: a lot that nobody may use any more, and every place that holds it."""
