"""``POST /v1/embeddings`` through the real server, as OpenAI's SDK and plain HTTP see it."""

import json
import signal
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.rig.answers import Gate, plain
from tests.rig.embeddings import b64, vectors
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request
from tests.rig.wires import openai_answer, openai_error

PATH, SECRET, NARROW = "/v1/embeddings", "sg-secret-of-a-client-0123456789", "sg-secret-of-another-0123456789"
WRONG = {
    "too-few": vectors([1.0]),
    "uneven": vectors([1.0], [1.0, 2.0]),
    "no-numbers": vectors([1.0], ["x"]),
    "not-finite": vectors(b64(1.0), b64(float("nan"))),
    "truncated": plain(b'{"data": [{"embedding": [0.1, 0.'),
    "no-list": openai_answer("Hello"),
}


def config(url: str) -> dict[str, Any]:
    """Two upstreams with embeddings, one with a form of its own, one with none."""
    account = {"provider": "openai", "api_key": "sk-upstream"}
    return {
        "upstreams": {
            "one": account | {"base_url": f"{url}/one/v1"},
            "two": account | {"base_url": f"{url}/two/v1"},
            "locked": account | {"base_url": f"{url}/locked/v1"},
            "groq": {"provider": "groq", "base_url": f"{url}/groq", "api_key": "sk-upstream"},
            "mistral": {"provider": "mistral", "base_url": f"{url}/mistral/v1", "api_key": "sk-upstream"},
            "claude": {"provider": "anthropic", "base_url": f"{url}/claude", "api_key": "sk-upstream"},
            "demo": {"provider": "demo"},
        },
        "models": {
            "embed": "one/embed-1",
            "locked": "locked/embed-1",
            "safe": ["one/embed-1", "two/embed-2"],
            "short": ["groq/embed-g", "two/embed-2"],
            "french": "mistral/mistral-embed",
            "mixed": ["claude/claude-sonnet-4-5", "one/embed-1"],
            "prose": "claude/claude-sonnet-4-5",
            "demo": "demo/echo",
        },
        "keys": [{"id": "all", "secret": SECRET}, {"id": "narrow", "secret": NARROW, "models": ["demo"]}],
        "chain": [
            {"breaker": {"failures": "100 in 30s"}},
            "strategy",
            {"retry": {"attempts": 2, "backoff": "1ms..2ms"}},
        ],
    }


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """Stands for every provider; each has a path of its own."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, tmp_path_factory) -> Iterator[Gateway]:
    """One server for all tests here."""
    with Gateway(tmp_path_factory.mktemp("embeddings"), config(provider.url)) as server:
        server.http.headers["x-api-key"] = SECRET
        yield server


@pytest.fixture
def client(gateway, provider) -> Iterator[openai.OpenAI]:
    """The SDK as applications use it, but that it never tries again by itself."""
    provider.clear()
    with openai.OpenAI(base_url=gateway.base_url, api_key=SECRET, max_retries=0, timeout=30) as sdk:
        yield sdk


def post(gateway: Gateway, *, path: str = PATH, key: str = SECRET, **body: Any) -> Any:
    """A request without an SDK."""
    return gateway.http.post(path, json={"model": "embed", "input": "Hi"} | body, headers={"x-api-key": key})


def obliging(request: Request) -> Any:
    """An upstream that honours the encoding: the n-th input has the vector (n, 0.5)."""
    asked = request.json["input"]
    count = len(asked) if isinstance(asked, list) and not isinstance(asked[0], int) else 1
    write = b64 if request.json.get("encoding_format") == "base64" else lambda *numbers: list(numbers)
    return vectors(*(write(float(n), 0.5) for n in range(count)))


# What the client gets


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}])
@pytest.mark.parametrize("able", [True, False], ids=["honours-it", "ignores-it"])
def test_a_vector_is_the_same_in_every_encoding(able, encoding, client, provider):
    """The SDK asks for base64 unless told otherwise, and not every upstream has it."""
    provider.always(obliging if able else vectors([0.0, 0.5]))

    (entry,) = client.embeddings.create(model="embed", input="Hi", **encoding).data

    found = entry.embedding
    assert found == ([0.0, 0.5] if encoding.get("encoding_format") != "base64" else b64(0.0, 0.5))


def test_an_answer_without_fault_passes_as_the_same_bytes(client, provider, gateway):
    """The native lane: spaces, fields that nobody knows, and all."""
    answer = plain(
        b' { "object":"list","data":[ {"object":"embedding","index":0,"embedding":[0.10, 2e-1],"x":1}],'
        b'"model":"m","usage":{"prompt_tokens":1,"total_tokens":1} , "y": null}'
    )
    provider.always(answer)

    assert post(gateway).content == answer.body


def test_a_batch_comes_back_in_its_order(client, provider):
    """By index, whatever order the upstream has."""
    data = [{"object": "embedding", "index": i, "embedding": [float(i)]} for i in (2, 0, 1)]
    provider.always(vectors(data=data))

    found = client.embeddings.create(model="embed", input=["a", "b", "c"], encoding_format="float").data

    assert [(entry.index, entry.embedding) for entry in found] == [(0, [0.0]), (1, [1.0]), (2, [2.0])]


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]], ids=["one", "several"])
def test_tokens_reach_the_upstream_as_tokens(tokens, client, provider):
    """LangChain sends them, cut to the model's length."""
    provider.always(obliging)

    client.embeddings.create(model="embed", input=tokens)

    assert provider.requests[0].json["input"] == tokens


def test_a_request_goes_out_whole(client, provider, gateway):
    """Under the target's own name, at its path; our own object stays here."""
    provider.always(vectors([1.0, 2.0]))

    client.embeddings.create(
        model="embed",
        input="Hi",
        dimensions=2,
        user="u1",
        extra_body={"input_type": "query", "switchgear": {"tags": "x"}},
    )

    (request,) = provider.requests
    assert (request.method, request.path, request.key) == ("POST", "/one/v1/embeddings", "sk-upstream")
    sent = {"model": "embed-1", "input": "Hi", "dimensions": 2, "user": "u1", "input_type": "query"}
    assert request.json == sent | {"encoding_format": "base64"}


def test_a_vendors_own_words_are_used_and_what_it_lacks_is_named(client, provider, gateway):
    """Mistral: another name for the length, and no end users."""
    provider.always(vectors([1.0, 2.0]))

    answer = post(gateway, model="french", dimensions=2, user="u1")

    assert answer.headers["x-switchgear-dropped"] == "user"
    assert provider.requests[0].json == {"model": "mistral-embed", "input": "Hi", "output_dimension": 2}


@pytest.mark.parametrize("path", [PATH, "/embeddings"])
def test_both_paths_do(path, gateway, provider):
    """Base URLs are written with and without ``/v1``; other methods are told which one it is."""
    provider.always(obliging)

    assert post(gateway, path=path).status_code == 200
    refused = gateway.http.get(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_the_demo_answers_by_itself(client):
    """First steps without an account."""
    response = client.embeddings.create(model="demo", input=["Hello, world", "Bye"], dimensions=8)

    assert [len(entry.embedding) for entry in response.data] == [8, 8]
    assert response.usage.prompt_tokens == 4


# Where it goes


def test_a_target_without_embeddings_is_no_candidate(client, provider, gateway):
    """The next one is, and the record says why."""
    provider.always(obliging)

    raw = client.embeddings.with_raw_response.create(model="mixed", input="Hi")

    assert raw.headers["x-switchgear-target"] == "one/embed-1"
    record = gateway.record(raw.headers["x-request-id"])
    notes = [note.get("why") for note in record["attempts"][0]["policies"]]
    assert "cannot honour embeddings" in notes


def test_a_model_without_embeddings_is_a_400_that_says_so(client, provider):
    """Nobody is asked."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.embeddings.create(model="prose", input="Hi")

    assert (raised.value.code, raised.value.param) == ("unsupported_parameter", "embeddings")
    assert raised.value.body["message"] == "No target can honour embeddings: tried claude/claude-sonnet-4-5."
    assert provider.requests == []


@pytest.mark.parametrize(
    ("ask", "target"), [({}, "groq/embed-g"), ({"dimensions": 2}, "two/embed-2"), ({"input": [1]}, "two/embed-2")]
)
def test_a_wish_goes_where_it_can_be_honoured(ask, target, gateway, provider):
    """Groq has no length of choice and takes no tokens."""
    provider.always(obliging)

    assert post(gateway, model="short", **ask).headers["x-switchgear-target"] == target


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_wrong_vectors_are_never_passed_on(wrong, client, provider, gateway):
    """F7: the next target is tried, and the first one's answer is an attempt that failed."""
    provider.always(lambda request: wrong if request.path.startswith("/one") else obliging(request))

    raw = client.embeddings.with_raw_response.create(model="safe", input=["a", "b"])

    assert raw.headers["x-switchgear-attempts"] == "2"
    record = gateway.record(raw.headers["x-request-id"])
    assert [attempt["failure"] and attempt["failure"]["kind"] for attempt in record["attempts"]] == ["garbled", None]


def test_wrong_vectors_everywhere_are_a_502(client, provider):
    """With OpenAI's envelope."""
    provider.always(WRONG["too-few"])

    with pytest.raises(openai.InternalServerError) as raised:
        client.embeddings.create(model="safe", input=["a", "b"])

    assert (raised.value.status_code, raised.value.code) == (502, "upstream_invalid_response")


def test_an_upstream_that_fails_is_followed_by_the_next(client, provider):
    """The chain is the same as for chat."""
    provider.always(lambda request: openai_error(503, "No.") if request.path.startswith("/one") else obliging(request))

    raw = client.embeddings.with_raw_response.create(model="safe", input="Hi")

    assert raw.headers["x-switchgear-target"] == "two/embed-2"


def test_hints_are_heard(client, provider):
    """In the body or in headers."""
    provider.always(obliging)

    raw = client.embeddings.with_raw_response.create(
        model="safe", input="Hi", extra_body={"switchgear": {"upstreams": ["two"]}}
    )

    assert raw.headers["x-switchgear-target"] == "two/embed-2"


def test_a_route_can_be_asked_for(gateway, provider):
    """What ``POST /v1/route`` is asked shows in its body."""
    provider.clear()
    answer = post(gateway, path="/v1/route", model="mixed").json()

    assert (answer["decision"], answer["endpoint"], answer["target"]) == ("send", "embeddings", "one/embed-1")
    assert provider.requests == []
    assert post(gateway, path="/v1/route", model="prose").json()["decision"] == "no_target"
    refused = post(gateway, path="/v1/route", input=[""]).json()
    assert refused["error"]["param"] == "input[0]"


# What is refused


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"input": ""}, "empty_string", "input"),
        ({"input": []}, "empty_array", "input"),
        ({"input": ["a", 5]}, "invalid_type", "input[1]"),
        ({"input": None}, "missing_required_parameter", "input"),
        ({"input": ["a"] * 2049}, "array_above_max_length", "input"),
        ({"encoding_format": "hex"}, "invalid_value", "encoding_format"),
        ({"dimensions": 0}, "integer_below_min_value", "dimensions"),
        ({"api_base": "http://x"}, "unknown_parameter", "api_base"),
        ({"switchgear": {"nonsense": 1}}, "unknown_parameter", "switchgear.nonsense"),
    ],
)
def test_bad_input_is_refused_by_name(body, code, param, gateway, provider):
    """D10 to D12, in OpenAI's envelope; nobody is asked."""
    provider.clear()
    answer = post(gateway, **body)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["code"], error["param"]) == (code, param)
    assert provider.requests == []


@pytest.mark.parametrize(("model", "key"), [("unknown", SECRET), ("embed", NARROW)])
def test_a_model_that_is_not_allowed_looks_like_none(model, key, gateway):
    """D13."""
    answer = post(gateway, model=model, key=key)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("status", "message", "raises", "code", "param"),
    [
        (
            400,
            "This model's maximum context length is 8192 tokens.",
            "BadRequestError",
            "context_length_exceeded",
            "input",
        ),
        (404, "The model does not exist.", "NotFoundError", "model_not_found", None),
        (429, "Rate limit reached.", "RateLimitError", "rate_limit_exceeded", None),
        (401, "Incorrect API key provided.", "InternalServerError", "upstream_auth_failed", None),
    ],
)
def test_an_upstreams_error_raises_the_right_exception(status, message, raises, code, param, provider, client):
    """As for chat; but what is too long is the input."""
    provider.always(openai_error(status, message))
    model = "locked" if status == 401 else "embed"  # a key that was refused is out of service for a while

    with pytest.raises(getattr(openai, raises)) as raised:
        client.embeddings.create(model=model, input="Hi")

    assert (raised.value.code, raised.value.param) == (code, param)


# What is noted of it


def test_the_record_and_the_metrics_tell_it_from_chat(client, provider, gateway):
    """One key, one model, one target, and two endpoints: also where records come from a template."""
    provider.always(lambda request: obliging(request) if request.path.endswith("embeddings") else openai_answer("Hi"))
    messages: Any = [{"role": "user", "content": "Hi"}]
    for _ in range(3):
        chat = client.chat.completions.with_raw_response.create(model="embed", messages=messages)
        embeddings = client.embeddings.with_raw_response.create(model="embed", input="Hi")

    records = [gateway.record(raw.headers["x-request-id"]) for raw in (chat, embeddings)]
    assert [record["endpoint"] for record in records] == ["chat", "embeddings"]
    assert [(r["usage"]["input_tokens"], r["usage"]["output_tokens"]) for r in records] == [(7, 3), (5, 0)]
    lines = [line for line in gateway.http.get("/metrics").text.splitlines() if 'model="embed"' in line]
    counted = [line for line in lines if line.startswith("switchgear_requests_total")]
    assert any('endpoint="embeddings"' in line for line in counted)
    assert any('endpoint="chat"' in line for line in counted)


def test_what_is_under_way_is_finished_before_the_server_goes(provider, tmp_path):
    """SIGTERM: readiness falls, embeddings drain."""
    provider.clear()
    gate = Gate()
    whole = vectors([1.0])
    provider.always(type(whole)(whole.status, whole.headers, (whole.body[:10], gate, whole.body[10:])))
    answers: list[Any] = []
    with Gateway(tmp_path, config(provider.url)) as server:
        asking = threading.Thread(target=lambda: answers.append(post(server)))
        asking.start()
        gate.until_reached()
        server.signal(signal.SIGTERM)
        gate.open()
        asking.join(30)

        assert server.wait() == 0
    (answer,) = answers
    assert (answer.status_code, json.loads(answer.content)["data"][0]["embedding"]) == (200, [1.0])
