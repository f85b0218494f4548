"""The first schema: requests, attempts, sums by account, audit of adjustments, progress of journals, last standings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TYPES: dict[str, Any] = {
    "text": sa.Text(),
    "long": sa.BigInteger(),
    "int": sa.Integer(),
    "small": sa.SmallInteger(),
    "serial": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
}
_TOKENS = "input_tokens:long output_tokens:long cached_tokens:long cache_write_tokens:long reasoning_tokens:long "
_TABLES = {
    "requests": "created:long:key uid:text:key id:text key:text team:text org:text end_user:text session:text "
    "tags:text model:text endpoint:text stream:small chain:text config:text outcome:text status:int target:text "
    "attempts:int "
    + _TOKENS
    + "source:text cost:long price:text duration:long first_byte:long overhead:long denied_by:text failure:text "
    "holds:text upstream_key:text started:long ended:long",
    "tries": "created:long:key uid:text:key ordinal:int:key target:text key:text started:long first_byte:long "
    "ended:long waited:long failure:text status:int " + _TOKENS + "source:text cost:long",
    "postings": "account:text:key window_id:text:key journal:text:key amount:long:must closes:long at:long:must",
    "adjustments": "number:serial:key id:text:unique at:long:must account:text:must window_id:text:must "
    "amount:long:must closes:long who:text:must why:text:must",
    "journals": "id:text:key consumed:long:must",
    "standings": "account:text:key window_id:text:must policy:text:must subject:text:must unit:text:must "
    "used:long:must held:long:must cap:long:must resets:long at:long:must",
}
_IN_ORDER = ("requests", "tries", "postings")
"""Kept in the order of their keys, without an index beside."""
_USED = "input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, source, cost"
_ATTEMPTS = f"""
CREATE VIEW attempts AS
SELECT created, uid, ordinal, target, key, started, first_byte, ended, waited, failure, status, {_USED} FROM tries
UNION ALL
SELECT created, uid, 1, target, upstream_key, started, first_byte, ended, NULL, NULL, NULL, {_USED} FROM requests
WHERE ended IS NOT NULL
"""  # noqa: S608 - constants


def upgrade() -> None:
    """Make the tables, and the view."""
    for name, columns in _TABLES.items():
        made = [_column(*column.split(":")) for column in columns.split()]
        op.create_table(name, *made, sqlite_with_rowid=name not in _IN_ORDER)
    op.execute(_ATTEMPTS)


def _column(name: str, kind: str, role: str = "") -> "sa.Column[Any]":
    key, nullable = role == "key", role == ""
    return sa.Column(name, _TYPES[kind], primary_key=key, nullable=nullable, unique=role == "unique" or None)
