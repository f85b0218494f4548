"""What alembic runs: the revisions, on the connection and in the transaction that it was given."""

from alembic import context

from proxy.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
