"""How exchanges fail, in words that every transport shares."""

import ssl

import pytest

from policies.base import Timeouts
from proxy.upstream import failures
from translators.facts import TLS, Failure, FailureKind

HASTY = Timeouts(connect=0.5, headers=2.0)


@pytest.mark.parametrize(
    ("failure", "kind", "message", "reached"),
    [
        (failures.not_connected(HASTY), FailureKind.TIMEOUT, "The upstream took no connection within 0.5 s.", False),
        (
            failures.pool_full(3),
            FailureKind.TIMEOUT,
            "All 3 connections to the upstream are busy: its pool is full.",
            False,
        ),
        (failures.not_taken(HASTY), FailureKind.TIMEOUT, "The upstream did not take the request within 2 s.", False),
        (failures.not_answered(HASTY), FailureKind.TIMEOUT, "The upstream did not begin to answer within 2 s.", True),
        (failures.not_sent("for a reason"), FailureKind.UNREACHABLE, "The request was not sent: for a reason.", False),
        (
            failures.not_public("private"),
            FailureKind.UNREACHABLE,
            "The upstream's name leads to an address that is not public (private).",
            False,
        ),
        (failures.no_answer(failures.NOT_HTTP, sent=True), FailureKind.GARBLED, failures.NOT_HTTP, True),
        (
            failures.broken(ConnectionResetError(104, "s3cret"), sent=True),
            FailureKind.UNREACHABLE,
            "The connection to the upstream broke: connection reset by peer.",
            True,
        ),
        (
            failures.broken(None, sent=False),
            FailureKind.UNREACHABLE,
            "The upstream could not be reached: connection closed.",
            False,
        ),
    ],
)
def test_each_event_has_its_kind_its_words_and_says_whether_a_model_was_reached(
    failure: Failure, kind: FailureKind, message: str, reached: bool
) -> None:
    """A model is reached once the whole request is out."""
    assert failure == Failure(kind, message, reached_model=reached)


def test_a_failed_handshake_has_a_code_of_its_own() -> None:
    """F1: trying again cures neither a certificate nor a handshake."""
    assert failures.broken(ssl.SSLError(1, "bad"), sent=False).code == TLS
