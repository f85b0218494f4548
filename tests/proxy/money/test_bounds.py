"""What a request takes at most: bounds hold for all that is known, and limits make them hold for what is not."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.base import Target
from policies.claims import Terms, Unit
from proxy.money import Bound, afford, bound_of, cost_of, limited
from proxy.money.media import MOST_OF_IMAGE, TEMPLATE, TOOLS, WINDOW, most_of_image
from tests.policies.scene import target
from tests.rig.asks import TIME, WEATHER, ask
from tests.rig.recordings import Case, params
from translators.base import ChatRequest, Malformed
from translators.dialects.chat import ChatDialect
from translators.dialects.embeddings import EmbeddingsDialect
from translators.facts import Capabilities, Price, Usage

PRICE = Price(1_000_000, 2_000_000)
LARGE = Capabilities(context_window=1_000_000, max_output=10_000)
PLACE = target("up/m", price=PRICE, capabilities=LARGE)
BLIND = target("up/m")
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "wav"}}
FILE = {"type": "file", "file": {"file_id": "file-1"}}


def user(*parts: Any) -> list[dict[str, Any]]:
    """A conversation of one turn."""
    return [{"role": "user", "content": list(parts)}]


def test_text_has_no_more_tokens_than_bytes() -> None:
    """I21: plain text by its size alone, with what a template puts around it."""
    request = ask([{"role": "user", "content": "x" * 500}], max_tokens=7)

    assert bound_of(request, PLACE) == Bound(len(request.raw) + TEMPLATE, 7, len(request.raw) + TEMPLATE + 14, reach=2)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_json_never_has_fewer_bytes_than_its_text(text: str) -> None:
    """However it is escaped."""
    said = text.encode("utf-8", "ignore")
    request = ask([{"role": "user", "content": said.decode()}])

    assert bound_of(request, PLACE).input >= len(said)


def test_no_prompt_is_larger_than_the_window() -> None:
    """A model cannot read what does not fit."""
    small = replace(PLACE, capabilities=Capabilities(context_window=100))

    assert bound_of(ask([{"role": "user", "content": "x" * 500}]), small).input == 100


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"tools": [WEATHER, TIME]}, TOOLS),
        ({"response_format": {"type": "json_object"}}, TOOLS),
        ({"temperature": 0.5, "stop": ["x"], "user": "u"}, 0),
        ({"messages": user(PICTURE, PICTURE)}, 2 * MOST_OF_IMAGE),
        ({"messages": user(SOUND)}, 0),
    ],
)
def test_what_a_body_holds_or_refers_to_is_bounded_by_kind(fields: dict[str, Any], more: int) -> None:
    """Tools have a template of their own, pictures a largest size; sound has more bytes than tokens."""
    request = ask(**fields)

    assert bound_of(request, PLACE).input == len(request.raw) + TEMPLATE + more


@pytest.mark.parametrize("fields", [{"messages": user(FILE)}, {"web_search_options": {}}, {"cached_content": "c"}])
def test_what_nobody_can_measure_is_a_whole_window(fields: dict[str, Any]) -> None:
    """A file by reference, a search: as much as the model can read."""
    assert bound_of(ask(**fields), PLACE).input == 1_000_000
    assert bound_of(ask(**fields), BLIND).input == WINDOW


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("gpt-4o", 1445),
        ("gpt-4o-mini-2024-07-18", 48_169),
        ("us.anthropic.claude-opus-4-7", 5000),
        ("publishers/google/models/gemini-3-pro", 5000),
        ("pro1", MOST_OF_IMAGE),
    ],
)
def test_a_picture_costs_what_its_model_makes_of_it(model: str, most: int) -> None:
    """By the longest known beginning of the model's own name, whatever path leads to it."""
    assert most_of_image(model) == most


def test_what_a_history_was_given_back_is_counted() -> None:
    """Mementos are not in the bytes that came."""
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    said = {"role": "assistant", "tool_calls": calls}
    request = ask([*user({"type": "text", "text": "x"}), said])
    longer = [*request.body["messages"][:1], {**said, "reasoning_content": "y" * 10_000}]

    assert bound_of(replace(request, body={**request.body, "messages": longer}), PLACE).input > 10_000


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_clients_own_limit_holds(name: str) -> None:
    """For each choice; nothing is injected."""
    bound = bound_of(ask(n=3, **{name: 50}), PLACE)

    assert (bound.output, bound.limit, bound.free) == (150, None, False)


@pytest.mark.parametrize(
    ("place", "terms", "limit"),
    [
        (PLACE, Terms(), 10_000),
        (PLACE, Terms(output=500), 500),
        (PLACE, Terms(output=50_000), 10_000),
        (BLIND, Terms(), 4096),
        (BLIND, Terms(output=50_000), 50_000),
    ],
)
def test_where_a_client_names_no_limit_one_is_sent(place: Target, terms: Terms, limit: int) -> None:
    """H1: what the model can, or less where the policy says so; 4096 where nobody knows anything."""
    bound = bound_of(ask(), place, terms)

    assert (bound.output, bound.limit, bound.free) == (limit, limit, True)


def test_a_models_own_limit_is_not_sent_where_a_small_window_is_for_both() -> None:
    """OpenAI refuses a limit that does not fit beside the prompt; the model's own holds anyway."""
    place = replace(PLACE, capabilities=Capabilities(context_window=8192, max_output=8192))

    assert bound_of(ask(), place).limit is None
    assert bound_of(ask(), place).output == 8192
    assert bound_of(ask(), place, Terms(output=100)).limit == 100


def test_a_count_and_a_lower_limit_replace_the_guess() -> None:
    """For a second look: the tokenizer's count, and what is affordable."""
    bound = bound_of(ask(max_tokens=100), PLACE, counted=10, output=5)

    assert (bound.input, bound.output, bound.limit, bound.cost) == (10, 5, 5, 20)


def test_a_price_that_nobody_knows_is_no_cost() -> None:
    """D31: not even nought."""
    assert bound_of(ask(), BLIND).cost is None
    assert cost_of(ask(), BLIND, Usage(1, 1)) is None


def test_embeddings_have_no_output() -> None:
    """Their input is bounded by size, whatever the window: there may be many."""
    raw = orjson.dumps({"model": "m", "input": ["x" * 100] * 3})
    request = EmbeddingsDialect().parse(raw, request_id="x", created=1)

    assert (bound_of(request, PLACE).input, bound_of(request, PLACE).output) == (len(raw), 0)
    assert limited(request, 5) is request


@pytest.mark.parametrize("unit", [Unit.TOKENS, Unit.COST])
@pytest.mark.parametrize("left", [0, 1100, 1103, 2000])
@pytest.mark.parametrize("choices", [1, 3])
def test_what_is_affordable_is_the_most_that_fits(unit: Unit, left: int, choices: int) -> None:
    """D28: with that limit it fits, with one more it does not."""
    request = ask(n=choices)
    held = bound_of(request, PLACE, counted=1000)
    most = afford(PLACE, held, unit, left)

    def takes(limit: int) -> int:
        bound = bound_of(request, PLACE, counted=1000, output=limit)
        return bound.input + bound.output if unit is Unit.TOKENS else bound.cost or 0

    assert most is None or takes(most) <= left
    assert takes((most or 0) + 1) > left


def test_nothing_is_affordable_where_nobody_knows_the_price() -> None:
    """There is nothing to divide by."""
    assert afford(BLIND, bound_of(ask(), BLIND), Unit.COST, 10**9) is None


@pytest.mark.parametrize(("fields", "name"), [({"max_tokens": 9}, "max_tokens"), ({}, "max_completion_tokens")])
def test_a_limit_goes_by_the_name_that_the_client_used(fields: dict[str, Any], name: str) -> None:
    """OpenAI's newer name where it used none; the request that came stays as it was."""
    request = ask(**fields)
    less = limited(request, 3)

    assert less.body == {**request.body, name: 3}
    assert name in less.uses
    assert request.body.get(name) == fields.get(name)
    assert replace(less, body=request.body, uses=request.uses) == request


@pytest.mark.parametrize(
    ("fields", "micro"),
    [({}, 20), ({"service_tier": "default"}, 10), ({"service_tier": "flex"}, 20), ({"speed": "fast"}, 60)],
)
def test_a_request_holds_what_the_tiers_within_its_reach_cost(fields: dict[str, Any], micro: int) -> None:
    """OpenAI chooses the tier unless it is told ``default``; Anthropic's fast mode has to be asked for."""
    tiers = (("priority", Price(20, 20)), ("fast", Price(60, 60)))
    place = target("up/m", price=Price(10, 10, tiers=tiers))

    assert bound_of(ask(**fields), place, counted=999_999, output=1).cost == micro


def test_the_tier_that_served_it_is_charged() -> None:
    """By its own rates; where the answer does not say, the one that was asked for."""
    place = target("up/m", price=Price(10, 10, tiers=(("flex", Price(5, 5)), ("fast", Price(60, 60)))))

    assert cost_of(ask(), place, Usage(1, 1)) == 20
    assert cost_of(ask(service_tier="flex"), place, Usage(1, 1)) == 10
    assert cost_of(ask(speed="fast"), place, Usage(1, 1)) == 120
    assert cost_of(ask(service_tier="flex"), place, Usage(1, 1, service_tier="default")) == 20
    assert cost_of(ask(), place, Usage(1, 1, service_tier="fast")) == 120


UNBOUNDED = {"web-search", "server-tools", "cache-markers", "image-input", "document-input", "file-input"}


@pytest.mark.parametrize("case", params(failed=False))
def test_no_recorded_prompt_was_larger_than_its_bound(case: Case) -> None:
    """I21, on real traffic. Requests of other wires stand for what a client would have sent, which is no shorter."""
    usage = case.usage
    if usage is None or UNBOUNDED & set(case.kinds):
        pytest.skip("nobody counted, or the provider read what it was not sent")
    body = case.request
    try:
        request = as_asked(body)
    except Malformed:
        tools = {"tools", "toolConfig", "response_format", "output_config", "documents"} & body.keys()
        request = ask([{"role": "user", "content": ""}], **({"tools": [TIME]} if tools else {}))
        request = replace(request, raw=orjson.dumps(body))
    place = replace(BLIND, model=case.model or "m", provider=case.provider)

    assert usage.prompt <= bound_of(request, place).input


def as_asked(body: dict[str, Any]) -> ChatRequest:
    """A recorded request as a client's."""
    return ChatDialect().parse(orjson.dumps({"model": "m", **body}), request_id="x", created=1)
