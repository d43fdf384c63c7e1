"""Disposals: from the proposal to the committee, to what became of the pieces."""
