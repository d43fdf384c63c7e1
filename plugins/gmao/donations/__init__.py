"""The gate of donations: what is offered, whether it can serve, what is decided, and the pieces that it becomes."""
