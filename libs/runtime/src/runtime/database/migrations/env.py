"""The one alembic environment: upgrades a connection handed over by runtime.migrate, one version table per schema."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table="schema_version",
    version_table_schema=context.config.attributes["schema"],
    transaction_per_migration=False,
)
context.run_migrations()
