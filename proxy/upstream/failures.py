"""How exchanges fail, in our own words: the same for every transport. A client library's can hold what was sent."""

from policies.base import Timeouts
from proxy.upstream.reasons import reason
from translators.facts import TLS, Failure, FailureKind

CUT = Failure(FailureKind.CANCELLED, "The exchange was closed before its end.", reached_model=True)
"""What a reader hears whose exchange was closed under it."""

LOST = Failure(FailureKind.UNREACHABLE, "The exchange with the upstream was lost.", reached_model=True)
"""What a reader hears whose exchange ended by no fault that anybody told."""

NOT_HTTP = "The upstream's answer is not valid HTTP."
SWITCHES = "The upstream wants to switch protocols."
ENCODED = "The upstream's answer is in a content encoding it was not asked for."
DAMAGED = "The upstream's answer is damaged gzip."


def not_connected(timeouts: Timeouts) -> Failure:
    """The deadline for connecting has passed."""
    return Failure(FailureKind.TIMEOUT, f"The upstream took no connection within {timeouts.connect:g} s.")


def pool_full(connections: int) -> Failure:
    """The deadline for connecting has passed, in the queue before the pool."""
    message = f"All {connections} connections to the upstream are busy: its pool is full."
    return Failure(FailureKind.TIMEOUT, message)


def not_taken(timeouts: Timeouts) -> Failure:
    """The request is still going out: half a JSON body is no request, so nobody can have worked on it."""
    return Failure(FailureKind.TIMEOUT, f"The upstream did not take the request within {timeouts.headers:g} s.")


def not_answered(timeouts: Timeouts) -> Failure:
    """The request is out, and no head came: its work may be done."""
    message = f"The upstream did not begin to answer within {timeouts.headers:g} s."
    return Failure(FailureKind.TIMEOUT, message, reached_model=True)


def not_sent(why: str) -> Failure:
    """The request cannot be put into HTTP; ``why`` repeats nothing of it."""
    return Failure(FailureKind.UNREACHABLE, f"The request was not sent: {why}.")


def proxy_refused(status: str) -> Failure:
    """An HTTP proxy on the way will not let us through."""
    return Failure(FailureKind.UNREACHABLE, f"The proxy refused to connect: status {status}.")


def not_public(why: str) -> Failure:
    """The connection was refused for its address (S13)."""
    return Failure(FailureKind.UNREACHABLE, f"The upstream's name leads to an address that is not public ({why}).")


def no_answer(message: str, *, sent: bool) -> Failure:
    """What came is none; ``message`` is one of the above."""
    return Failure(FailureKind.GARBLED, message, reached_model=sent)


def broken(fault: BaseException | None, *, sent: bool) -> Failure:
    """The connection broke, or never was; ``fault`` is the system's reason, where it gave one."""
    lead = "The connection to the upstream broke" if sent else "The upstream could not be reached"
    why = reason(fault) if fault is not None else "connection closed"
    code = TLS if why.startswith("TLS:") else None
    return Failure(FailureKind.UNREACHABLE, f"{lead}: {why}.", reached_model=sent, code=code)
