"""Decisions: one behaviour per file. Pure: facts in, values out; no wire format, HTTP status or socket."""

from policies.access import Access
from policies.base import Policy
from policies.breaker import Breaker
from policies.budget import Budget
from policies.concurrency import Concurrency
from policies.quota import Quota
from policies.rate import Rate
from policies.retry import Retry
from policies.strategy import Strategy

POLICIES: dict[str, type[Policy]] = {
    "access": Access,
    "breaker": Breaker,
    "budget": Budget,
    "concurrency": Concurrency,
    "quota": Quota,
    "rate": Rate,
    "retry": Retry,
    "strategy": Strategy,
}
"""The names a YAML chain knows. A dotted path there names a third party's class instead."""
