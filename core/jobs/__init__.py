"""Long work: a row with its progress in the database, Celery only as the doorbell."""
