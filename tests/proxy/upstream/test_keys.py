"""The key ring: turns, quarantine and return, with the time handed in."""

import pytest

from proxy.upstream.keys import KeyRing
from proxy.upstream.port import Credential


def _picked(ring: KeyRing, now: float, times: int) -> list[str]:
    return [credential.label for _ in range(times) if (credential := ring.pick(now))]


def _key(ring: KeyRing, label: str, now: float = 0.0) -> Credential:
    for _ in range(10):
        if (credential := ring.pick(now)) is not None and credential.label == label:
            return credential
    raise AssertionError(label)


def test_keys_are_taken_in_turn() -> None:
    """Each key serves as often as any other."""
    assert _picked(KeyRing(["a", "b", "c"]), 0.0, 6) == ["key 1", "key 2", "key 3"] * 2


def test_a_refused_key_is_left_out_and_the_others_serve() -> None:
    """F14: 401 takes that key out, not its upstream."""
    ring = KeyRing(["a", "b", "c"])
    ring.refused(_key(ring, "key 2"), 10.0)

    assert _picked(ring, 10.0, 4) == ["key 3", "key 1", "key 3", "key 1"]
    assert ring.in_service(10.0) == 2


@pytest.mark.parametrize(
    ("refusals", "seconds"), [(1, 60.0), (2, 120.0), (3, 240.0), (5, 960.0), (6, 1800.0), (9, 1800.0)]
)
def test_quarantine_doubles_up_to_half_an_hour(refusals: int, seconds: float) -> None:
    """A key refused again after its return stays out twice as long, 30 minutes at most."""
    ring = KeyRing(["a"])
    key, now = _key(ring, "key 1"), 0.0
    for _ in range(refusals):
        now = ring.back_at(now)
        ring.refused(key, now)

    assert ring.back_at(now) == now + seconds
    assert ring.pick(now + seconds - 0.001) is None
    assert ring.pick(now + seconds) == key


def test_refusals_of_one_burst_count_once() -> None:
    """Requests that were under way when a key was first refused do not lengthen its quarantine."""
    ring = KeyRing(["a"])
    key = _key(ring, "key 1")
    for now in (5.0, 5.1, 30.0):
        ring.refused(key, now)

    assert ring.back_at(30.0) == 65.0


def test_an_accepted_key_is_trusted_again() -> None:
    """A success ends a quarantine and forgets its length."""
    ring = KeyRing(["a"])
    key = _key(ring, "key 1")
    ring.refused(key, 0.0)
    ring.refused(key, 60.0)
    ring.accepted(key, 60.0)

    assert ring.pick(61.0) == key
    ring.refused(key, 61.0)
    assert ring.back_at(61.0) == 121.0


def test_with_all_keys_out_there_is_none_and_the_soonest_return_is_known() -> None:
    """The engine drops the target until the first key is tried again."""
    ring = KeyRing(["a", "b"])
    ring.refused(_key(ring, "key 1"), 0.0)
    ring.refused(_key(ring, "key 2"), 20.0)

    assert ring.pick(30.0) is None
    assert ring.in_service(30.0) == 0
    assert ring.back_at(30.0) == 60.0
    assert ring.back_at(61.0) == 80.0
    assert ring.back_at(90.0) == 90.0


def test_labels_follow_the_list_as_written() -> None:
    """An unset variable takes its line out and leaves the others' numbers alone."""
    ring = KeyRing(["", "b", "", "d"])

    assert _picked(ring, 0.0, 2) == ["key 2", "key 4"]
    assert ring.in_service(0.0) == 2


def test_a_strange_credential_changes_nothing() -> None:
    """A key of the configuration before the last reload is nobody here."""
    ring = KeyRing(["a"])
    ring.refused(Credential("gone", "key 1"), 0.0)
    ring.accepted(Credential("gone", "key 1"), 0.0)

    assert ring.in_service(0.0) == 1


def test_an_empty_ring_has_no_key() -> None:
    """No secrets, no credentials, no exception."""
    ring = KeyRing([])

    assert (ring.pick(0.0), ring.in_service(0.0), ring.back_at(7.0)) == (None, 0, 7.0)


def test_a_straggler_says_nothing_of_a_key_that_was_refused_since() -> None:
    """A stream that began before the refusal and ends well after it lifts no quarantine."""
    ring = KeyRing(["a"])
    key = _key(ring, "key 1")
    ring.refused(key, 100.0)
    ring.accepted(key, 0.0)

    assert ring.pick(101.0) is None


def test_quarantines_are_counted_so_that_none_is_missed_by_who_looks_now_and_then() -> None:
    """Stragglers of one are not another; a key that was never refused is not among them; no secret is shown."""
    ring = KeyRing(["a", "a-fake-secret"])
    key = _key(ring, "key 2")
    assert ring.troubles() == []
    ring.refused(key, 0.0)
    ring.refused(key, 1.0)
    assert [(known.label, known.quarantines, known.seconds) for known in ring.troubles()] == [("key 2", 1, 60.0)]
    ring.refused(key, 70.0)
    ring.accepted(key, 200.0)

    assert [(known.quarantines, known.seconds) for known in ring.troubles()] == [(2, 0.0)]
    assert "a-fake-secret" not in repr(ring.troubles())
