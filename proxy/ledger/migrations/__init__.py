"""The ledger's schema, revision by revision. :mod:`proxy.ledger.database` applies them under a lock."""
