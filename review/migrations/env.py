"""Run by Alembic: the steps go over the connection that `review.database` hands in."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
