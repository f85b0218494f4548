"""One server for each file, before two upstreams."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.explain.asking import config, secret
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import anthropic_answer, openai_answer


@pytest.fixture(scope="module")
def fakes() -> Iterator[tuple[FakeUpstream, FakeUpstream]]:
    """The two upstreams: one speaks OpenAI's wire, one Anthropic's."""
    with FakeUpstream() as first, FakeUpstream() as second:
        yield first, second


@pytest.fixture
def first(fakes) -> FakeUpstream:
    """Speaks OpenAI's wire; answers ``Hello`` unless told otherwise."""
    fakes[0].clear()
    fakes[0].always(openai_answer("Hello"))
    return fakes[0]


@pytest.fixture
def second(fakes) -> FakeUpstream:
    """Speaks Anthropic's; likewise."""
    fakes[1].clear()
    fakes[1].always(anthropic_answer("Hello"))
    return fakes[1]


@pytest.fixture(scope="module")
def gateway(fakes, tmp_path_factory) -> Iterator[Gateway]:
    """One server with keys of two teams, and some of none."""
    with Gateway(tmp_path_factory.mktemp("explain"), config(*fakes)) as server:
        server.http.headers["authorization"] = f"Bearer {secret('red-1')}"
        yield server
