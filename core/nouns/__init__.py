"""The page of a row of any entity: what it says, what can be done with it, what hangs on it and what became of it."""
