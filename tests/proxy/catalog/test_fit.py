"""A target with what is known of its model: who goes first, and what nobody may conclude."""

from dataclasses import replace
from typing import Any

from policies.base import Target
from proxy.catalog import fit
from tests.policies.scene import target
from translators.facts import Capabilities, Price

IMAGE, SCHEMA = "messages[].content[].image_url", "response_format.json_schema"


def fitted_at(provider: str, model: str, **facts: Any) -> Target:
    """A target of an upstream that speaks OpenAI's wire, fitted."""
    return fit(replace(target(f"up/{model}", **facts), provider=provider), native=True)


def test_a_target_gets_what_is_known_of_its_model() -> None:
    """Capabilities, price, and what follows."""
    fitted = fitted_at("openai", "o3-mini")

    assert fitted.capabilities.context_window == 200_000
    assert fitted.price is not None
    assert fitted.price.input == 1_100_000
    assert fitted.parameters == {IMAGE: "refuse", "parallel_tool_calls": "drop"}


def test_what_the_operator_says_of_a_model_goes_first() -> None:
    """Fact by fact; the price as a whole, for rates of two sources do not add up."""
    said = Capabilities(vision=True, tools=False, context_window=1000)
    fitted = fitted_at("openai", "o3-mini", capabilities=said, price=Price(1, 2))

    assert fitted.parameters == {"tools": "refuse", "functions": "refuse", "parallel_tool_calls": "drop"}
    assert (fitted.capabilities.context_window, fitted.capabilities.max_output) == (1000, 100_000)
    assert fitted.price == Price(1, 2)


def test_what_the_operator_says_of_a_parameter_goes_before_all() -> None:
    """``parameters`` of an upstream."""
    fitted = fitted_at("openai", "o3-mini", parameters={IMAGE: "pass", "seed": "drop"})

    assert fitted.parameters == {IMAGE: "pass", "seed": "drop", "parallel_tool_calls": "drop"}


def test_an_unknown_model_can_do_everything() -> None:
    """Nothing is refused for want of knowledge."""
    fitted = fitted_at("openai", "brand-new")

    assert (fitted.capabilities, fitted.price, dict(fitted.parameters)) == (Capabilities(), None, {})


def test_an_unknown_model_is_what_the_operator_says() -> None:
    """A server of one's own."""
    fitted = fitted_at("vllm", "own", capabilities=Capabilities(response_schema=False))

    assert fitted.parameters == {SCHEMA: "refuse"}


def test_a_deployments_name_rules_nothing_out() -> None:
    """Azure: ``o3-mini`` may be anything. It is shown as what its name says, and what the operator says holds."""
    fitted = fitted_at("azure", "o3-mini")
    blind = fitted_at("azure", "o3-mini", capabilities=Capabilities(vision=False))

    assert fitted.capabilities.context_window == 200_000
    assert dict(fitted.parameters) == {}
    assert blind.parameters == {IMAGE: "refuse"}


def test_a_name_that_is_yet_to_come_is_not_looked_up() -> None:
    """What the operator says of all of a wildcard's models stays with it."""
    fitted = fitted_at("openai", "*", capabilities=Capabilities(vision=False))

    assert fitted.capabilities == Capabilities(vision=False)
    assert fitted.parameters == {IMAGE: "refuse"}


def test_what_answers_by_itself_costs_nothing() -> None:
    """The demo is no provider that sends bills; what the operator says goes first, to rehearse some."""
    rehearsed = fitted_at("demo", "echo", price=Price(1, 2))

    assert fitted_at("demo", "echo").price == Price(0, 0)
    assert rehearsed.price == Price(1, 2)


def test_a_wildcards_price_is_the_operators_or_none() -> None:
    """What its names cost is looked up by name."""
    assert fitted_at("openai", "*").price is None
    assert fitted_at("openai", "*", price=Price(1, 2)).price == Price(1, 2)
