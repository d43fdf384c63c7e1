"""Alembic's environment: the running application's engine and models."""

from alembic import context

from core.data import migrations
from core.data.bulk import BECAUSE
from core.data.db import Base, db

config = context.config
plugin = config.attributes.get("plugin")


def belongs(obj, name, kind, reflected, compare_to):
    """Return whether a table is the business of the revision being written."""
    if kind == "table" and plugin:
        return migrations.owner(name) == plugin
    return migrations.ours(obj, name, kind, reflected, compare_to)


with db.engine.connect() as connection:
    connection = connection.execution_options(amagara_write=60, **{BECAUSE: "a migration"})
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, include_object=belongs,
        transaction_per_migration=False, user_module_prefix="core.data.db.",
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()
        migrations.guard_append_only(connection)
    connection.commit()
