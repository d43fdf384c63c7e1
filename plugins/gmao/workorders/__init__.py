"""Work orders: who does what to which piece, until when, what came of it, and who confirms it."""
