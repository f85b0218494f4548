"""Whom a limit counts by: accounts are told apart by it, and nobody can pose as somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.base import Call, Principal
from policies.subjects import Ambiguous, deciding, subjects
from tests.policies.scene import call, target

WEB = Principal("web", team="growth", org="acme")
ANN = Principal("anns", user="ann")
KINDS = ("key", "user", "team", "org", "session", "model", "upstream", "target", "ip", "global", "tag:env")


def names(kind: str, asked: Call) -> list[str]:
    """The names of a call's subjects."""
    return [subject.name for subject in subjects(kind, asked)]


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("key", "web", "key web"),
        ("team", "growth", "team growth"),
        ("org", "acme", "org acme"),
        ("model", "fast", "model fast"),
        ("global", "all", "all requests"),
    ],
)
def test_what_the_file_names_is_named_as_it_is(kind: str, name: str, words: str) -> None:
    """A person who looks at an account knows whose it is."""
    (subject,) = subjects(kind, call(principal=WEB))

    assert (subject.name, subject.words, subject.place) == (name, words, None)


@pytest.mark.parametrize("kind", ["user", "team", "org", "session", "ip", "tag:env"])
def test_what_a_request_has_not_is_no_subject(kind: str) -> None:
    """Limits by it do not apply, unless they say otherwise."""
    assert subjects(kind, call()) == ()


def test_a_keys_own_user_goes_before_the_one_that_the_request_names() -> None:
    """Else whoever has reached a limit would only have to name another user."""
    assert names("user", call(principal=ANN, user="bob")) == names("user", call(principal=ANN)) == ["ann"]
    assert names("user", call(principal=WEB, user="ann")) not in ([], ["ann"])


@pytest.mark.parametrize("kind", ["user", "session"])
def test_what_clients_name_belongs_to_their_tenant(kind: str) -> None:
    """Two teams that choose one id have an account each; two keys of a team have one together."""
    colleague, stranger, loner = Principal("job", team="growth"), Principal("web", team="ops"), Principal("growth")
    accounts = [names(kind, call(principal=who, **{kind: "42"})) for who in (WEB, colleague, stranger, loner)]

    assert accounts[0] == accounts[1]
    assert len({account[0] for account in accounts}) == 3


def test_an_address_is_its_subscribers() -> None:
    """Whoever has one of IPv6 has 2^64 of them; the same address of IPv4 may be written in two ways."""
    first, neighbour, stranger = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"

    assert names("ip", call(ip=first)) == names("ip", call(ip=neighbour)) != names("ip", call(ip=stranger))
    assert names("ip", call(ip="::ffff:192.0.2.1")) == names("ip", call(ip="192.0.2.1"))
    assert names("ip", call(ip="192.0.2.1")) != names("ip", call(ip="192.0.2.2"))
    assert names("ip", call(ip="fe80::1%eth0")) == names("ip", call(ip="fe80::1"))


def test_tags_belong_to_everybody_and_are_told_apart_by_value() -> None:
    """A cost centre is one for all teams; a plain tag is a value, too."""
    mine = names("tag:env", call(principal=WEB, tags=frozenset({"env=prod", "other=x"})))

    assert mine == names("tag:env", call(tags=frozenset({"env=prod"})))
    assert mine != names("tag:env", call(tags=frozenset({"env=dev"})))
    assert mine != names("tag:env", call(tags=frozenset({"env"}))) != []
    assert names("tag:env", call(tags=frozenset({"environment=prod", "xenv=prod"}))) == []


def test_two_values_of_one_tag_are_ambiguous() -> None:
    """A request is not counted on the account that suits it better."""
    with pytest.raises(Ambiguous, match="env"):
        subjects("tag:env", call(tags=frozenset({"env=prod", "env=dev"})))


@pytest.mark.parametrize("text", ["a:b", "{x}", "über", "x\0y", "\r\n", "\u202e", "a b", "*", "x" * 65, "\ud800"])
@pytest.mark.parametrize("kind", ["key", "team", "model", "user", "session", "tag:env", "ip"])
def test_no_text_breaks_out_of_its_part_of_a_name(kind: str, text: str) -> None:
    """D23, S11: what could be mistaken for another part, or is not plain, is there as a digest; so is a client's."""
    tags = frozenset({f"env={text}"})
    who = Principal(text, team=text)
    asked = call(principal=who, model=text, user=text, session=text, tags=tags, ip=text)

    (subject,) = subjects(kind, asked)

    assert len(subject.name) == 32
    assert set(subject.name) <= set("0123456789abcdef")
    assert text not in subject.words


def test_places_are_the_upstreams_and_targets_that_the_call_may_go_to() -> None:
    """Each once; a claim on one holds there alone."""
    asked = call(target("a/x"), target("a/y"), target("b/x"))

    assert [(each.name, each.place) for each in subjects("upstream", asked)] == [("a", "a"), ("b", "b")]
    assert [each.place for each in subjects("target", asked)] == ["a/x", "a/y", "b/x"]


Text = st.none() | st.sampled_from(["a", "b"])
Calls = st.builds(
    lambda key, team, org, own, user, session, tag, model, ip, at: call(
        target(at),
        principal=Principal(key, team, own, org),
        user=user,
        session=session,
        tags=frozenset({f"env={tag}"} if tag else ()),
        model=model,
        ip=ip,
    ),
    *(st.sampled_from("ab"), Text, Text, Text, Text, Text, Text, st.sampled_from("ab"), Text),
    st.sampled_from(["u/m", "u/n", "v/m"]),
)


@pytest.mark.parametrize("kind", KINDS)
@given(one=Calls, other=Calls)
def test_what_decides_the_subjects_is_all_that_decides_them(kind: str, one: Call, other: Call) -> None:
    """Calls for which it is equal have the same subjects, so that these can be kept for the next one."""
    if deciding([kind])(one) == deciding([kind])(other):
        assert subjects(kind, one) == subjects(kind, other)


def test_several_kinds_are_decided_by_what_each_of_them_is() -> None:
    """By a list, calls that differ in one of its kinds differ."""
    mine, same, team, there = (
        call(target(at), principal=Principal(key, team=team))
        for key, team, at in (("a", "x", "u/m"), ("a", "x", "u/m"), ("a", "y", "u/m"), ("a", "x", "v/m"))
    )
    decide = deciding(["key", "team", "upstream"])

    assert decide(mine) == decide(same)
    assert len({decide(mine), decide(team), decide(there)}) == 3
