"""What looks odd and is legal, and what is too large for any other test's server."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.bad_input.bad_rows import GOOD, MESSAGES, Bad, bad, message
from tests.end_to_end.bad_input.bad_server import chat, check_envelope, exchange
from tests.end_to_end.bad_input.bad_values import FOREIGN, LEGAL, URL, picture
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from translators.dialects.images import LARGEST_IMAGE


@pytest.mark.parametrize("odd", LEGAL.values(), ids=LEGAL)
def test_odd_but_legal_messages_reach_the_upstream_as_they_are(
    odd: dict[str, Any], gateway: Gateway, upstream: FakeUpstream
) -> None:
    """An unchanged app goes on working: nothing is refused, added or lost on the way to the same wire."""
    history = [*MESSAGES, odd]

    assert chat(gateway, "good", messages=history).status == 200
    assert upstream.request().json["messages"] == history


@pytest.mark.parametrize("odd", FOREIGN.values(), ids=FOREIGN)
def test_fields_that_openai_does_not_have_are_no_reason_to_refuse(odd: dict[str, Any], gateway: Gateway) -> None:
    """Clients send back what they were answered, and what frameworks add to it."""
    assert chat(gateway, "good", messages=[*MESSAGES, odd]).status == 200


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_as_much_output_as_the_yaml_allows_may_be_asked_for(
    field: str, gateway: Gateway, upstream: FakeUpstream
) -> None:
    """D15: the limit itself is allowed, and it is this target's alone."""
    assert chat(gateway, "capped", **{field: 100}).status == 200
    assert chat(gateway, "good", **{field: 10**6}).status == 200
    assert upstream.requests[-1].json[field] == 10**6


def test_an_image_over_the_limit_is_refused_by_its_path(tmp_path: Path) -> None:
    """D22: 20 MiB are more than a server takes by default, so this one takes more."""
    config = {
        "server": {"max_body": "64MiB"},
        "upstreams": {"demo": {"provider": "demo"}},
        "models": {"good": "demo/echo"},
    }
    data = base64.b64encode(bytes(LARGEST_IMAGE + 1)).decode()
    content = [{"type": "text", "text": "What is this?"}, picture(f"data:image/png;base64,{data}")]
    row = bad("invalid_image_url", URL, messages=message(content=content))

    with Gateway(tmp_path, config) as gateway:
        answer = exchange(gateway, row.wire)
        assert check_envelope(answer, row)["param"] == row.param
        assert exchange(gateway, Bad(0, "", body=GOOD).wire).status == 200
