"""The upstream that keeps its own bill: it does what a prompt says, and every attempt is on the bill as it was."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.rig.bill import Act, Rate, Script, total
from tests.rig.billing import Biller
from tests.rig.waiting import until

PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


@pytest.fixture(scope="module")
def biller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Biller]:
    """One process for all tests here; each goes by the names of its own requests."""
    with Biller(tmp_path_factory.mktemp("bill") / "bill.jsonl") as process:
        yield process


def _post(biller: Biller, script: Script, path: str = "openai", **body: Any) -> httpx2.Response:
    asked = {"model": "m", "messages": script.messages, "max_tokens": 1000} | body
    with httpx2.Client(base_url=biller.url, trust_env=False, timeout=10) as client:
        return client.post(PATHS[path], json=asked, headers={"authorization": "Bearer sk-fake"})


def _leave(biller: Biller, script: Script, seconds: float = 0.2, **body: Any) -> str:
    """Ask, and go after a while; what came of a stream until then."""
    heard = ""
    asked = {"model": "m", "messages": script.messages} | body
    with (
        httpx2.Client(base_url=biller.url, trust_env=False, timeout=seconds) as client,
        suppress(httpx2.TransportError),
        client.stream("POST", PATHS["openai"], json=asked) as answer,
    ):
        for piece in answer.iter_text():
            heard += piece
    return heard


@pytest.mark.parametrize("path", PATHS)
def test_a_whole_answer_says_what_the_bill_says(biller: Biller, path: str) -> None:
    """The tokens of the answer's usage are the entry's, and the entry is there before the answer."""
    answer = _post(biller, Script(f"whole-{path}", {"m": Act(input=31, output=7)}), path)

    (entry,) = biller.of(f"whole-{path}")
    assert sorted(answer.json()["usage"].values())[:2] == [7, 31]
    assert (entry.end, entry.model, entry.input, entry.output, entry.key) == ("complete", "m", 31, 7, "sk-fake")


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_says_every_token_and_its_usage(biller: Biller, path: str) -> None:
    """As many words as tokens, and a proper end."""
    answer = _post(biller, Script(f"stream-{path}", {"m": Act(output=10, pieces=3)}), path, stream=True)

    (entry,) = biller.of(f"stream-{path}")
    assert (entry.end, entry.output, answer.text.count("word")) == ("complete", 10, 10)
    assert answer.text.endswith(("data: [DONE]\n\n", '{"type": "message_stop"}\n\n'))


def test_max_tokens_is_honoured_unless_the_script_says_otherwise(biller: Biller) -> None:
    """F12: an upstream that writes more than it may is one of the faults."""
    _post(biller, Script("held", {"m": Act(output=50)}), max_tokens=8)
    _post(biller, Script("over", {"m": Act(output=50, over=True)}), max_tokens=8)

    assert [biller.of(name)[0].output for name in ("held", "over")] == [8, 50]


def test_each_model_has_its_own_act(biller: Biller) -> None:
    """So that one prompt rehearses a fail-over; a refusal costs nothing."""
    script = Script("two", {"bad": Act("refuse", status=429), "good": Act(output=3)})

    assert [_post(biller, script, model=model).status_code for model in ("bad", "good")] == [429, 200]
    assert [(entry.end, entry.input, entry.output) for entry in biller.of("two")] == [
        ("refused", 0, 0),
        ("complete", 20, 3),
    ]


def test_a_cut_stream_costs_what_was_written(biller: Biller) -> None:
    """The connection breaks after the pieces, without an end."""
    heard = _leave(biller, Script("cut", {"m": Act("cut", output=6)}), seconds=5, stream=True)

    (entry,) = biller.of("cut")
    assert entry.began <= entry.ended
    assert (entry.end, entry.output, heard.count("word")) == ("cut", 6, 6)
    assert "[DONE]" not in heard


def test_who_leaves_is_on_the_bill_with_what_was_written(biller: Biller) -> None:
    """An answer that hangs ends when the other side goes."""
    _leave(biller, Script("gone", {"m": Act("hang", output=5)}), stream=True)

    until(lambda: biller.of("gone"), "the departure was noticed")
    (entry,) = biller.of("gone")
    assert (entry.end, entry.output) == ("gone", 5)


@pytest.mark.parametrize(
    ("usage", "said"), [("none", None), ("zero", 0), ("negative", -3), ("huge", 10**12), ("right", 12)]
)
def test_a_usage_that_is_wrong_is_so_in_the_answer_alone(biller: Biller, usage: Any, said: int | None) -> None:
    """F11: the bill knows better."""
    answer = _post(biller, Script(f"usage-{usage}", {"m": Act(usage=usage)})).json()

    assert (answer.get("usage") or {"completion_tokens": None})["completion_tokens"] == said
    assert biller.of(f"usage-{usage}")[0].output == 12


def test_what_hangs_when_it_stops_is_on_the_bill(tmp_path: Path) -> None:
    """Nothing that was begun is forgotten."""
    script = Script("open", {"m": Act("hang", output=4)})
    with Biller(tmp_path / "bill.jsonl") as biller, httpx2.Client(base_url=biller.url, trust_env=False) as client:
        asked = {"model": "m", "messages": script.messages, "stream": True}
        with client.stream("POST", PATHS["openai"], json=asked) as answer:
            texts = answer.iter_text()
            heard = next(texts)
            while heard.count("word") < 4:
                heard += next(texts)
            biller.stop()

    (entry,) = biller.of("open")
    assert (entry.end, entry.output) == ("hanging", 4)
    assert total([entry], {"m": Rate(input=100, output=1000)}) == 20 * 100 + 4 * 1000
