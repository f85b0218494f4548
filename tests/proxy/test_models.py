"""The table of model names."""

from dataclasses import replace
from typing import Any

import pytest

from policies.base import Live, Target, Timeouts
from proxy.models import FILLED_LIMIT, Model, Models
from tests.policies.scene import target

A, B = target("a/m"), target("b/m")


class Lives:
    """Live states by target, as the runtime keeps them."""

    def __init__(self) -> None:
        self.of: dict[str, Live] = {}

    def __call__(self, name: str) -> Live:
        return self.of.setdefault(name, Live())


def table(*models: Model) -> Models:
    return Models(models, Lives())


def model(name: str, *targets: Any, **facts: Any) -> Model:
    return Model(name, targets or (A,), **facts)


def test_a_written_name_is_found_as_it_is() -> None:
    """The very model that was declared."""
    fast = model("fast", A, B, chain="careful")

    assert table(fast).find("fast") is fast


@pytest.mark.parametrize("name", ["", "Fast", "fast ", "fas", "faster", "*"])
def test_any_other_name_is_unknown(name: str) -> None:
    """Names are compared as they are."""
    assert table(model("fast")).find(name) is None


def test_a_wildcard_passes_the_rest_of_the_name_through() -> None:
    """``"openai/*": a/*``: the upstream is asked for what the client named, less the beginning."""
    found = table(model("openai/*", target("a/*"), chain="careful")).find("openai/gpt-4o")

    assert found is not None
    assert (found.name, found.chain) == ("openai/gpt-4o", "careful")
    assert [(each.name, each.upstream, each.model) for each in found.targets] == [("a/gpt-4o", "a", "gpt-4o")]


def test_a_wildcard_may_lead_to_one_model_for_all() -> None:
    """A target without a star stays what it is."""
    found = table(model("old-*", target("a/*"), B)).find("old-one")

    assert found is not None
    assert [each.name for each in found.targets] == ["a/one", "b/m"]
    assert found.targets[1] is B


def test_a_written_name_goes_before_a_wildcard() -> None:
    """Whichever was declared first."""
    written = model("openai/gpt-4o", B)

    assert table(model("openai/*", target("a/*")), written).find("openai/gpt-4o") is written


def test_the_longest_beginning_wins() -> None:
    """Whichever was declared first."""
    found = table(model("*", target("a/*")), model("x/y/*", target("c/*")), model("x/*", target("b/*")))

    for name, to in (("x/y/z", "c/z"), ("x/z", "b/z"), ("z", "a/z"), ("x/y", "b/y")):
        got = found.find(name)
        assert got is not None
        assert got.targets[0].name == to


@pytest.mark.parametrize(
    "name", ["openai/", "openai/*", "openai/gpt-*", "openai", "openai/" + "x" * 256, "openai/../x", "openai/{x}"]
)
def test_what_is_no_name_does_not_pass_a_wildcard(name: str) -> None:
    """D14: nothing, the wildcard itself, a pattern, or something too long to be kept."""
    assert table(model("openai/*", target("a/*"))).find(name) is None


def test_a_passed_name_keeps_its_live_state() -> None:
    """What is known of a target is known by its name, not by the request that asked for it."""
    models = table(model("openai/*", target("a/*")))
    one, again, other = (models.find(name) for name in ("openai/x", "openai/x", "openai/y"))
    assert one is not None
    assert again is not None
    assert other is not None

    assert one.targets[0].live is again.targets[0].live
    assert one.targets[0].live is not other.targets[0].live


def test_what_is_known_of_a_passed_name_is_asked_for_once() -> None:
    """It is looked up for the real name, and by the second request it is known; a written target needs no asking."""
    asked: list[str] = []

    def fit(found: Target) -> Target:
        asked.append(found.model)
        return replace(found, parameters={"seed": "drop"})

    models = Models([model("openai/*", target("a/*"), target("b/*")), model("fast", B)], Lives(), fit)
    for name in ("openai/x", "openai/x", "openai/y", "fast"):
        found = models.find(name)
        assert found is not None

    assert asked == ["x", "x", "y", "y"]
    passed, written = models.find("openai/x"), models.find("fast")
    assert passed is not None
    assert written is not None
    assert [dict(each.parameters) for each in (*passed.targets, *written.targets)] == [{"seed": "drop"}] * 2 + [{}]


def test_made_up_names_do_not_fill_the_memory() -> None:
    """Only so many of them are remembered."""
    asked: list[str] = []
    models = Models([model("*", target("a/*"))], Lives(), lambda found: asked.append(found.model) or found)
    for number in range(FILLED_LIMIT + 1):
        models.find(f"m{number}")
    models.find(f"m{FILLED_LIMIT}")
    models.find("m0")

    assert len(asked) == FILLED_LIMIT + 2


@pytest.mark.parametrize(("limits", "most"), [((None,), None), ((5,), 5), ((5, 9), 9), ((5, None), None)])
def test_a_model_allows_what_its_most_generous_target_does(limits: tuple[int | None, ...], most: int | None) -> None:
    """D15: only what no target would take is refused beforehand."""
    targets = [target(f"a/m{number}", output_limit=limit) for number, limit in enumerate(limits)]

    assert model("fast", *targets).output_limit == most


def test_all_models_are_listed_wildcards_last() -> None:
    """As they were written; what a wildcard let through is not kept."""
    models = table(model("x*"), model("b"), model("a"))
    models.find("xyz")

    assert [each.name for each in models] == ["b", "a", "x*"]


def test_a_request_may_take_as_long_as_its_most_patient_target() -> None:
    """``timeouts.total`` is the whole request's."""
    quick = target("a/m", timeouts=Timeouts(total=10.0))
    patient = target("b/m", timeouts=Timeouts(total=90.0))

    assert model("fast", quick, patient).total == 90.0
