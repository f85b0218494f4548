"""Addresses in the order in which they are tried. What dialling does is tested by the transports' contract."""

import socket

from proxy.upstream.dial import AddressInfo, interleaved


def _v4(host: str) -> AddressInfo:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80)


def _v6(host: str) -> AddressInfo:
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, 80, 0, 0)


def test_families_take_turns_and_the_resolvers_first_one_begins() -> None:
    """RFC 8305, 4: one broken family costs one attempt, not all of its addresses."""
    a, b, c, x = _v6("::a"), _v6("::b"), _v6("::c"), _v4("10.0.0.1")

    assert interleaved([a, b, c, x]) == [a, x, b, c]
    assert interleaved([x, a, b]) == [x, a, b]
    assert interleaved([a, b]) == [a, b]
