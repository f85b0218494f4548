"""Two turns with a tool between them: what the provider wants to see again is there, whatever the client has kept.

The client is OpenAI's SDK. A forgetful application writes the history down in OpenAI's fields alone, a careful one
keeps the whole message.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from tests.end_to_end.thinkers import THINKERS, Thinker, Turn
from tests.rig.answers import plain
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request
from tests.rig.waiting import until
from tests.rig.wires import openai_answer

Message = dict[str, Any]
TEAMS = {"red-1": "red", "red-2": "red", "blue": "blue", "solo": None}
TOOL: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
HI: Message = {"role": "user", "content": "What is the weather like in Rome?"}
OVERLOADED = plain(b"{}", 503)
SIGNING = [name for name, thinker in THINKERS.items() if thinker.form]
PAIRS = [(name, other) for name in SIGNING for other in (*SIGNING, "openai") if name != other]

_numbers = itertools.count(1)


def secret(key: str) -> str:
    """What the client of that key sends."""
    return f"sg-secret-of-{key}-0123456789"


def fresh() -> Turn:
    """A turn that nobody has had before."""
    number = next(_numbers)
    return Turn(f"call_{number:04}", f"c2lnbmVk{number:04}")


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """All providers; their paths differ."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _unscripted(provider: FakeUpstream) -> None:
    """Each test has a script of its own."""
    provider.clear()


def _config(provider: FakeUpstream, workers: int) -> dict[str, Any]:
    targets = {name: f"{name}/{thinker.model}" for name, thinker in THINKERS.items()} | {"openai": "openai/gpt-4.1"}
    pairs = itertools.permutations(targets, 2)
    openai_account = {"provider": "openai", "base_url": f"{provider.url}/v1", "api_key": "sk-upstream"}
    keys = [{"id": key, "secret": secret(key)} | ({"team": team} if team else {}) for key, team in TEAMS.items()]
    return {
        "server": {"workers": workers},
        "upstreams": {name: thinker.upstream(provider.url) for name, thinker in THINKERS.items()}
        | {"openai": openai_account},
        "models": targets | {f"{one}-then-{other}": [targets[one], targets[other]] for one, other in pairs},
        "keys": keys,
        "chain": ["strategy", {"retry": {"attempts": 2, "backoff": "1ms..2ms"}}],
    }


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def workers(request: pytest.FixtureRequest) -> int:
    """One keeps what it needs in memory; two share it."""
    return int(request.param)


@pytest.fixture(scope="module")
def gateway(workers: int, provider: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server with all thinkers, and with two targets of each two of them."""
    with Gateway(tmp_path_factory.mktemp("turns"), _config(provider, workers)) as server:
        server.http.headers["authorization"] = f"Bearer {secret('red-1')}"
        yield server


@dataclass
class Application:
    """An application on one connection, and so with one worker."""

    gateway: Gateway
    key: str = "red-1"

    def __post_init__(self) -> None:
        self.http = openai.DefaultHttpxClient(trust_env=False)
        self.client = openai.OpenAI(
            base_url=self.gateway.base_url, api_key=secret(self.key), max_retries=0, http_client=self.http
        )

    @property
    def worker(self) -> int:
        """Process id of whoever serves it."""
        headers = {"authorization": f"Bearer {secret(self.key)}"}
        return int(self.http.get(f"{self.gateway.url}/health", headers=headers).json()["pid"])

    def ask(self, model: str, messages: list[Message], *, streamed: bool = False, name: str = "") -> Message:
        """One turn: the message that is answered, all fields of it."""
        asked: dict[str, Any] = {"model": model, "messages": messages, "tools": [TOOL], "reasoning_effort": "low"}
        asked["extra_headers"] = {"x-request-id": name} if name else {}
        if not streamed:
            completion = self.client.chat.completions.create(**asked)
            return completion.choices[0].message.model_dump(exclude_none=True)
        message: Message = {"role": "assistant", "tool_calls": []}
        for chunk in self.client.chat.completions.create(**asked, stream=True):
            for choice in chunk.choices:
                _add(message, choice.delta.model_dump(exclude_none=True))
        return message


def _add(message: Message, delta: Message) -> None:
    """Put a delta to what has come so far, as an application does that keeps everything."""
    for name, value in delta.items():
        if name == "tool_calls":
            for call in value:
                if call.get("id"):
                    message["tool_calls"].append({key: call[key] for key in call if key != "index"})
                else:
                    message["tool_calls"][call["index"]]["function"]["arguments"] += call["function"]["arguments"]
        elif name != "role":
            message[name] = message[name] + value if name in message else value


@pytest.fixture
def opened(gateway: Gateway) -> Iterator[Callable[..., Application]]:
    """Opens applications, and closes them in the end."""
    with ExitStack() as stack:

        def open_one(key: str = "red-1") -> Application:
            application = Application(gateway, key)
            stack.callback(application.client.close)
            return application

        yield open_one


@pytest.fixture
def applications(workers: int, opened: Callable[..., Application]) -> tuple[Application, Application]:
    """One for each worker; with one worker, the same one twice."""
    first = second = opened()
    if workers == 2:
        second = until(lambda: elsewhere(first, opened()), "the other worker served", 30)
    return first, second


def elsewhere(first: Application, other: Application) -> Application | None:
    """The other one, if another worker serves it."""
    return other if other.worker != first.worker else None


def forgetful(message: Message) -> Message:
    """What is left of a message in OpenAI's own fields."""
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {name: call["function"][name] for name in ("name", "arguments")},
        }
        for call in message["tool_calls"]
    ]
    return {"role": "assistant", "content": message.get("content"), "tool_calls": calls}


def history(message: Message) -> list[Message]:
    """All that the second turn is asked with."""
    (call,) = message["tool_calls"]
    return [HI, message, {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}]


def seen(thinker: Thinker, request: Request, turn: Turn) -> bool:
    """Whether the provider sees the turn before, once and in its place."""
    times = request.body.count(turn.signature.encode())
    assert times <= 1, "doubled"
    assert times == 0 or thinker.state(request.json) == [turn.signature]
    return times == 1


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", THINKERS)
def test_a_forgetful_application_goes_on(name, streamed, gateway, applications, provider) -> None:
    """PEERS 23: the provider sees again what it signed, wherever the second turn ends up; the record says so (S8)."""
    thinker, turn, (first, second) = THINKERS[name], fresh(), applications
    provider.answer(thinker.answers(turn, streamed=streamed), thinker.answers(fresh(), streamed=streamed))

    answer = first.ask(name, [HI], streamed=streamed)
    second.ask(name, history(forgetful(answer)), streamed=streamed, name=turn.call)

    assert turn.signature in str(answer), "a client that wants it has it, too"
    assert seen(thinker, provider.request(1), turn)
    record = gateway.record(turn.call)
    assert record["restored"] == 1
    assert turn.signature not in str([record, gateway.logs()])


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", THINKERS)
def test_a_careful_application_goes_on_by_itself(name, streamed, gateway, applications, provider) -> None:
    """What it kept is what the provider sees: nothing is doubled, nothing given back."""
    thinker, turn, (first, second) = THINKERS[name], fresh(), applications
    provider.answer(thinker.answers(turn, streamed=streamed), thinker.answers(fresh(), streamed=streamed))

    answer = first.ask(name, [HI], streamed=streamed)
    second.ask(name, history(answer), streamed=streamed, name=turn.call)

    assert seen(thinker, provider.request(1), turn)
    assert "restored" not in gateway.record(turn.call)


@pytest.mark.parametrize("name", THINKERS)
def test_a_second_turn_goes_on_with_both(name, applications, provider) -> None:
    """Each turn of a conversation gets back its own."""
    thinker, turns, messages = THINKERS[name], (fresh(), fresh()), [HI]
    provider.answer(*map(thinker.whole, (*turns, fresh())))

    for application in (*applications, applications[0]):
        message = forgetful(application.ask(name, messages))
        messages = [*messages, *history(message)[1:]]

    body = provider.request(2).body
    places = [body.index(each.encode()) for turn in turns for each in (turn.signature,)]
    assert places == sorted(places)
    assert [body.count(turn.signature.encode()) for turn in turns] == [1, 1]


@pytest.mark.parametrize(
    ("owner", "asks", "finds"), [("red-1", "red-2", True), ("red-1", "blue", False), ("red-1", "solo", False)]
)
@pytest.mark.parametrize("name", THINKERS)
def test_a_tenant_is_given_back_its_own_alone(name, owner, asks, finds, opened, provider) -> None:
    """B8: a colleague goes on where the first one stopped; somebody else's call of that id is somebody else's."""
    thinker, turn = THINKERS[name], fresh()
    provider.answer(*map(thinker.whole, (turn, fresh())))

    message = forgetful(opened(owner).ask(name, [HI]))
    opened(asks).ask(name, history(message))

    assert seen(thinker, provider.request(1), turn) is finds


@pytest.mark.parametrize("name", THINKERS)
def test_a_turn_that_nobody_knows_any_more_goes_on_all_the_same(name, gateway, opened, provider) -> None:
    """It was let go, or another server had it: what is lost is the model's to miss."""
    thinker, turn = THINKERS[name], fresh()
    provider.answer(thinker.whole(fresh()))
    call = {"id": turn.call, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}

    answer = opened().ask(name, history({"role": "assistant", "tool_calls": [call]}), name=turn.call)

    assert answer["tool_calls"]
    assert "restored" not in gateway.record(turn.call)


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_another_provider_sees_what_it_can_read_and_nothing_else(name, other, gateway, opened, provider) -> None:
    """The first one is down at the second turn; what is left out for the next one is named."""
    thinker, turn, model = THINKERS[name], fresh(), f"{name}-then-{other}"
    reads, last = frozenset[str](), openai_answer("Sunny.")
    if other != "openai":
        reads, last = THINKERS[other].reads, THINKERS[other].whole(fresh())
    provider.answer(thinker.whole(turn), OVERLOADED, last)
    application = opened()

    message = forgetful(application.ask(model, [HI]))
    application.ask(model, history(message), name=turn.call)

    record = gateway.record(turn.call)
    assert [attempt["target"].partition("/")[0] for attempt in record["attempts"]] == [name, other]
    assert seen(thinker, provider.request(1), turn)
    dropped = "messages[].reasoning_details" in record.get("dropped", ())
    if thinker.form in reads:
        assert seen(THINKERS[other], provider.request(2), turn)
        assert not dropped
    else:
        assert turn.signature.encode() not in provider.request(2).body
        assert dropped
