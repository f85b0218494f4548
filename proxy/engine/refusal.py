"""What a client is told when there is no room: OpenAI's words, and whether waiting helps (RELIABILITY D26 to D32)."""

from policies.base import Deny
from policies.claims import Claim, Refused, Unit
from translators.facts import FailureKind

DOLLAR = 1_000_000
"""Micro-dollars."""
_LIMITS = {"rate": "rate limit", "concurrency": "concurrency limit"}
SLOT_WAIT = 1.0
"""Seconds after which it makes sense to ask for a slot again (D29)."""


def no_room(claim: Claim, refused: Refused, amount: int, affordable: int | None = None) -> Deny:
    """The denial of a request that does not fit.

    Args:
        claim: that there was no room for.
        refused: the store's answer.
        amount: what the request needed.
        affordable: the largest ``max_tokens`` that would fit, if any would.
    """
    standing, limit = refused.standing, refused.standing.limit
    if claim.unit is Unit.SLOTS:
        message = f"Too many requests at a time for {claim.subject}: {standing.used + standing.held} of {limit}."
        return Deny(FailureKind.RATE_LIMITED, message, SLOT_WAIT, "concurrency_limit_exceeded")
    if amount > limit:
        return Deny(
            FailureKind.EXHAUSTED,
            _alone(claim, limit, amount, affordable),
            None,
            "request_exceeds_budget",
            "max_tokens",
        )
    left = _shown(claim.unit, standing.left)
    window, needed = claim.window.name.partition("@")[0], _shown(claim.unit, amount)
    whole = f"{_shown(claim.unit, limit)} per {window}"
    message = f"The {_name(claim)} of {claim.subject} is used up: {left} left of {whole}, {needed} needed"
    again = refused.retry_after
    message += f"; room again in {_wait(again)}." if again is not None else "."
    if claim.policy == "rate":
        code = "tokens_rate_limit" if claim.unit is Unit.TOKENS else "rate_limit_exceeded"
        return Deny(FailureKind.RATE_LIMITED, message, again, code)
    return Deny(FailureKind.EXHAUSTED, message, again, "insufficient_quota")


def too_dear(claim: Claim, amount: int, affordable: int | None) -> Deny:
    """The denial of a request that may cost more than any single one is allowed to (``max_cost``)."""
    return Deny(
        FailureKind.EXHAUSTED,
        _alone(claim, claim.limit, amount, affordable),
        None,
        "request_exceeds_budget",
        "max_tokens",
    )


def store_down(claim: Claim) -> Deny:
    """The store cannot be asked, and the policy lets nothing pass then."""
    message = f"The {_name(claim)} of {claim.subject} cannot be checked at the moment."
    return Deny(FailureKind.OVERLOADED, message, 1.0, "budget_store_unavailable")


def ledger_full() -> Deny:
    """Nothing more can be written down."""
    return Deny(FailureKind.OVERLOADED, "Requests cannot be recorded at the moment.", 1.0, "ledger_unavailable")


def unpriced(model: str) -> Deny:
    """A request under a budget, for which nobody knows what it costs."""
    message = f"There is a budget, and nobody knows what the model '{model[:64]}' costs."
    return Deny(FailureKind.OVERLOADED, message, None, "price_unknown", "model")


def _name(claim: Claim) -> str:
    return _LIMITS.get(claim.policy, claim.policy)


def _alone(claim: Claim, limit: int, amount: int, affordable: int | None) -> str:
    message = (
        f"This request may take {_shown(claim.unit, amount)}, and the {_name(claim)} of {claim.subject} "
        f"allows {_shown(claim.unit, limit)} in all"
    )
    return f"{message}; max_tokens of {affordable} would do." if affordable else f"{message}."


def _shown(unit: Unit, amount: int) -> str:
    if unit is Unit.COST:
        return f"${amount / DOLLAR:.6f}".rstrip("0").rstrip(".")
    return f"{amount} {unit}"


def _wait(seconds: float) -> str:
    for length, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name}"
    return f"{seconds:.0f} s"
