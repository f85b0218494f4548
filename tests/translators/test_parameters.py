"""Parameters by name: what a request uses, what a table makes of it, what an operator's wishes leave of it.

And the promise of all tables: no parameter is ever dropped in silence, at any provider.
"""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, TIME, WEATHER, Json, Target, ask
from tests.rig.samples import EMBEDDINGS_ALONE, SAMPLES
from translators.base import ChatRequest
from translators.parameters import PARAMETERS, Table, Treatment, fitted
from translators.providers.openai import OpenAI
from translators.registry import PROVIDERS

MODELS: dict[str, tuple[str, ...]] = {
    "anthropic": ("claude-sonnet-4-5", "claude-3-haiku-20240307", "claude-opus-5"),
    "bedrock": (
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "amazon.nova-pro-v1:0",
        "meta.llama3-1-70b-instruct-v1:0",
        "openai.gpt-oss-120b-1:0",
        "mistral.mistral-large-2407-v1:0",
    ),
    "google": ("gemini-2.5-flash", "gemini-3-pro", "gemini-2.0-flash"),
    "vertex": ("gemini-2.5-flash", "claude-sonnet-4-5@20250929"),
    "cohere": ("command-a-03-2025", "command-a-reasoning-08-2025", "command-r"),
}
"""Of providers whose models differ in what they take: at least one of each sort."""
APIS = [
    pytest.param(name, provider, model, id=f"{provider}-{name}-{model}")
    for provider, row in PROVIDERS.items()
    for name in row.apis
    for model in MODELS.get(provider, ("some-model",))
]
VERSIONS = {"azure": (None, "2024-06-01")}


@pytest.mark.parametrize("name", sorted(PARAMETERS.keys() - EMBEDDINGS_ALONE))
def test_each_parameter_has_a_sample_that_uses_just_it(name: str) -> None:
    """The walk below rests on them."""
    used, base = SAMPLES[name].asks()

    assert set(used.uses) - set(base.uses) == {name}


@pytest.mark.parametrize("name", sorted(PARAMETERS.keys() - EMBEDDINGS_ALONE))
@pytest.mark.parametrize(("api", "provider", "model"), APIS)
def test_no_parameter_is_dropped_in_silence(api: str, provider: str, model: str, name: str) -> None:
    """It is said, in the provider's words or in OpenAI's; or it is named; or it rules the target out."""
    translator = PROVIDERS[provider].apis[api].chat
    used, base = SAMPLES[name].asks()
    for version in VERSIONS.get(provider, (None,)):
        target = Target(model, provider, version)
        if name in translator.unsupported(used, target):
            continue
        request = translator.request(used, target)
        if name in request.dropped:
            continue
        plain = translator.request(base, target)
        said = (request.path, request.headers, orjson.loads(request.body))
        assert said != (plain.path, plain.headers, orjson.loads(plain.body)), f"{name} vanished"


@pytest.mark.parametrize("name", sorted(PARAMETERS.keys() - EMBEDDINGS_ALONE))
@pytest.mark.parametrize("provider", sorted(n for n, row in PROVIDERS.items() if "openai" in row.apis))
def test_what_a_vendor_of_openais_wire_takes_natively_is_what_was_asked(provider: str, name: str) -> None:
    """The same field with the same value; the table says which these are."""
    translator = PROVIDERS[provider].apis["openai"].chat
    assert isinstance(translator, OpenAI)
    used, _ = SAMPLES[name].asks()
    target = Target("m", provider)
    lost = {*translator.unsupported(used, target), *translator.request(used, target).dropped}
    treatment = translator.vendor.table().treatment(name)

    assert (name in lost) <= (treatment is not Treatment.NATIVE)
    if treatment is Treatment.NATIVE and name not in lost:
        sent, field = orjson.loads(translator.request(used, target).body), name.partition(".")[0].partition("[]")[0]
        assert sent[field] == used.body[field]


def test_a_plain_request_uses_nothing() -> None:
    """Nor does one that says its defaults; null is as good as absent."""
    defaults: Json = {name: row.defaults[0] for name, row in PARAMETERS.items() if row.defaults and "." not in name}
    defaults |= {"seed": None, "response_format": {"type": "text"}, "tool_choice": "auto", "top_p": None}

    assert ask().uses == ()
    assert ask(**defaults).uses == ()
    assert ask([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]).uses == ()


@pytest.mark.parametrize(
    ("body", "uses"),
    [
        ({"seed": 0, "temperature": 1}, ("seed", "temperature")),
        ({"frobnicate": [1]}, ("frobnicate",)),
        ({"web_search_options": {}}, ("web_search_options",)),
        ({"tools": [{"type": "web_search_20250305"}]}, ("tools", "tools[].web_search_20250305")),
        ({"tools": [{"function": {"name": "f", "strict": False}}]}, ("tools",)),
        ({"tools": [WEATHER], "tool_choice": {"function": {"name": "f"}}}, ("tools", "tool_choice.function")),
        ({"tools": [WEATHER], "tool_choice": "any"}, ("tools", "tool_choice.any")),
        ({"response_format": {"type": "x" * 100}}, ("response_format." + "x" * 64,)),
        ({"service_tier": "default", "store": False, "n": 1.0}, ()),
    ],
)
def test_uses_are_named_once_and_as_finely_as_upstreams_take_them(body: Json, uses: tuple[str, ...]) -> None:
    """What is unknown has the name of its field."""
    body = {name: int(value) if name == "n" else value for name, value in body.items()}

    assert ask(**body).uses == uses


def test_uses_of_messages_are_named_once() -> None:
    """A function's name is its own; a text and a refusal are said everywhere."""
    messages = [
        {"role": "function", "name": "f", "content": "1"},
        {"role": "user", "name": "ann", "content": [{"type": "image_url", "image_url": "https://example.org/a"}] * 2},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": [{"type": "video_url", "video_url": {}}]},
    ]

    assert ask(messages).uses == (
        "messages[].name",
        "messages[].content[].image_url",
        "messages[].content[].image_url.url",
        "messages[].content[].video_url",
    )


TABLE = Table({"seed": "", "stop": "stop_sequences", "top_*": "in its own words", "tools[].own_*": ""})


@pytest.mark.parametrize(
    ("name", "treatment"),
    [
        ("seed", Treatment.NATIVE),
        ("stop", Treatment.MAPPED),
        ("user", Treatment.ADVISORY),
        ("n", Treatment.BINDING),
        ("top_k", Treatment.MAPPED),
        ("top_p", Treatment.ADVISORY),
        ("frobnicate", Treatment.ADVISORY),
        ("tools[].own_2026", Treatment.NATIVE),
        ("tools[].others", Treatment.BINDING),
    ],
)
def test_a_table_says_what_becomes_of_a_name(name: str, treatment: Treatment) -> None:
    """What OpenAI has goes by its own row, not by a beginning; unknown fields are advice, other unknowns bind."""
    assert TABLE.treatment(name) is treatment


@pytest.mark.parametrize("unknown", [Treatment.ADVISORY, Treatment.NATIVE])
def test_a_table_sorts_the_names_of_a_request(unknown: Treatment) -> None:
    """In their order."""
    table = Table({"seed": ""}, unknown)
    uses = ("n", "user", "seed", "logprobs", "store")

    assert (table.unmet(uses), table.left_out(uses)) == (("n", "logprobs"), ("user", "store"))
    assert (table.unmet(("seed",)), table.left_out(("seed",))) == ((), ())
    assert table.unmet(("tools[].x",)) == (() if unknown is Treatment.NATIVE else ("tools[].x",))
    assert table.left_out(("x",)) == (() if unknown is Treatment.NATIVE else ("x",))


def parts(*kinds: str) -> list[Json]:
    """A message of such parts."""
    made: dict[str, Json] = {
        "text": {"type": "text", "text": "Hi"},
        "data": {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0=", "detail": "low"}},
        "url": {"type": "image_url", "image_url": {"url": "https://example.org/a"}},
        "bare": {"type": "image_url", "image_url": "https://example.org/a"},
        "file": {"type": "file", "file": {"file_data": "x"}},
        "id": {"type": "file", "file": {"file_id": "x"}},
    }
    return [{"role": "user", "content": [made[kind] for kind in kinds]}]


def fit(wishes: Any, messages: Any = HI, **body: Any) -> tuple[ChatRequest, tuple[str, ...], tuple[str, ...]]:
    """A request as a target with such wishes sees it."""
    found = fitted(ask(messages, **body), wishes)
    assert isinstance(found.ask, ChatRequest)
    return found.ask, found.dropped, found.refused


def test_a_request_that_no_wish_concerns_is_the_same() -> None:
    """Not a copy."""
    wanted = ask(seed=1)

    assert fitted(wanted, {"user": "drop", "seed": "pass"}).ask is wanted
    assert fitted(wanted, {"seed": "refuse"}) == fitted(wanted, {"seed": "refuse"})
    assert fitted(wanted, {"seed": "refuse"}).refused == ("seed",)


def test_what_is_dropped_is_gone_and_named() -> None:
    """From the body and from the uses; what the client sent is not touched."""
    wanted = ask(seed=1, user="u")
    found = fitted(wanted, {"seed": "drop"})

    assert (found.ask.body.get("seed"), found.ask.uses, found.dropped) == (None, ("user",), ("seed",))
    assert (wanted.body["seed"], wanted.uses) == (1, ("seed", "user"))


@pytest.mark.parametrize(
    ("wishes", "body", "dropped", "left"),
    [
        ({"tool_choice": "drop"}, {"tools": [TIME], "tool_choice": "required"}, ("tool_choice.required",), {"tools"}),
        (
            {"tools": "drop"},
            {"tools": [TIME], "tool_choice": "required", "parallel_tool_calls": False},
            ("tools", "tool_choice.required", "parallel_tool_calls"),
            set(),
        ),
        ({"logprobs": "drop"}, {"logprobs": True, "top_logprobs": 2}, ("logprobs", "top_logprobs"), set()),
        ({"tools[].custom": "drop"}, {"tools": [{"type": "custom", "custom": {}}]}, ("tools[].custom",), set()),
        (
            {"response_format.json_object": "drop"},
            {"response_format": {"type": "json_object"}},
            ("response_format.json_object",),
            set(),
        ),
    ],
)
def test_what_means_nothing_alone_goes_too(wishes: Any, body: Json, dropped: tuple[str, ...], left: set[str]) -> None:
    """A choice without tools is a 400."""
    less, names, _ = fit(wishes, **body)

    assert (names, less.body.keys() - {"model", "messages"}) == (dropped, left)


def test_what_is_dropped_is_not_refused_as_well() -> None:
    """The wish for the whole is the stronger one."""
    assert fit({"logprobs": "drop", "top_logprobs": "refuse"}, logprobs=True, top_logprobs=2)[1:] == (
        ("logprobs", "top_logprobs"),
        (),
    )


def test_tools_lose_what_is_dropped_of_them() -> None:
    """Strictness; or tools of one type, while others stay."""
    strict = {"type": "function", "function": {"name": "f", "strict": True}}
    custom = {"type": "custom", "custom": {"name": "x"}}

    assert fit({"tools[].function.strict": "drop"}, tools=[strict, custom])[0].body["tools"] == [
        {"type": "function", "function": {"name": "f"}},
        custom,
    ]
    assert fit({"tools[].custom": "drop"}, tools=[strict, custom])[0].body["tools"] == [strict]


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("image_url", ("text", "data", "url", "bare"), ("text",)),
        ("image_url.url", ("text", "data", "url", "bare"), ("text", "data")),
        ("file", ("text", "file", "id"), ("text",)),
        ("file.file_id", ("text", "file", "id"), ("text", "file")),
    ],
)
def test_messages_lose_the_parts_that_are_dropped(name: str, given: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """And no others."""
    less, dropped, _ = fit({f"messages[].content[].{name}": "drop"}, [*parts(*given), *HI])

    assert less.body["messages"] == [*parts(*kept), *HI]
    assert f"messages[].content[].{name}" in dropped


def test_a_message_of_nothing_else_is_empty() -> None:
    """The turn stays."""
    assert fit({"messages[].content[].file": "drop"}, parts("file"))[0].body["messages"][0]["content"] == ""


def test_details_and_names_are_dropped_without_what_has_them() -> None:
    """A picture without its detail is a picture still; a function keeps its name."""
    wishes = {"messages[].content[].image_url.detail": "drop", "messages[].name": "drop"}
    named = [{**HI[0], "name": "ann"}, {"role": "function", "name": "f", "content": "1"}]
    less, dropped, _ = fit(wishes, [*named, *parts("data", "url", "bare", "text")])

    data = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}
    rest = parts("url", "bare", "text")[0]["content"]
    assert less.body["messages"] == [*HI, named[1], {"role": "user", "content": [data, *rest]}]
    assert dropped == ("messages[].name", "messages[].content[].image_url.detail")
