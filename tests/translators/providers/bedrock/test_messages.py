"""The conversation in Converse's turns (PEERS 22, D18)."""

from typing import Any

import pytest

from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, HI, LLAMA, NOVA, TIME, Json, call, wire

MISTRAL = "mistral.mistral-large-2407-v1:0"
TITAN = "amazon.titan-text-express-v1"
WRITER = "us.writer.palmyra-x5-v1:0"
ASKED: list[Json] = [{"role": "user", "content": "What time is it?"}]


def turns(messages: Any, *, to: str = CLAUDE) -> list[tuple[str, list[Json]]]:
    """Role and blocks of each turn."""
    return [(turn["role"], turn["content"]) for turn in wire(messages, to=to)[1]["messages"]]


def result(call_id: str, content: Any = "Noon", **more: Any) -> Json:
    """A tool's answer."""
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def calling(*ids: str, **more: Any) -> Json:
    """An assistant that calls a tool, or several."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [call("get_time", "{}", call_id) for call_id in ids],
        **more,
    }


def test_leading_instructions_are_the_system_prompt() -> None:
    """All of them, a block each, whatever the role is called."""
    _, body = wire([{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, *HI])

    assert body["system"] == [{"text": "A"}, {"text": "B"}]
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}]}]


def test_a_later_instruction_stays_where_it_is() -> None:
    """In the user's turn, in tags."""
    said = turns([*HI, {"role": "system", "content": "Now French."}])

    assert said == [("user", [{"text": "Hi"}, {"text": "<system>\nNow French.\n</system>"}])]


def test_a_model_without_a_system_prompt_is_told_in_the_first_turn() -> None:
    """Titan answers 400 to a system prompt."""
    _, body = wire([{"role": "system", "content": "Be brief."}, *HI], to=TITAN)

    assert "system" not in body
    assert body["messages"] == [{"role": "user", "content": [{"text": "Be brief."}, {"text": "Hi"}]}]


def test_nothing_but_instructions_are_the_users_turn() -> None:
    """There must be one."""
    _, body = wire([{"role": "system", "content": "Say hi."}])

    assert "system" not in body
    assert body["messages"] == [{"role": "user", "content": [{"text": "Say hi."}]}]


def test_turns_of_one_role_are_merged() -> None:
    """The API wants them to alternate."""
    said = turns([*HI, *HI, {"role": "assistant", "content": "A"}, {"role": "assistant", "content": "B"}, *HI])

    assert [role for role, _ in said] == ["user", "assistant", "user"]
    assert said[1][1] == [{"text": "A"}, {"text": "B"}]


def test_blank_texts_are_left_out() -> None:
    """A 400 else: "The text field in the ContentBlock object is blank"."""
    said = turns([{"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": "Hi"}]}])

    assert said == [("user", [{"text": "Hi"}])]


def test_an_answer_that_is_to_be_continued_ends_without_white_space() -> None:
    """A 400 else."""
    assert turns([*HI, {"role": "assistant", "content": "Well, "}])[-1] == ("assistant", [{"text": "Well,"}])


@pytest.mark.parametrize(("model", "roles"), [(NOVA, ["user", "assistant", "user"]), (CLAUDE, ["assistant", "user"])])
def test_a_conversation_begins_with_the_user_where_it_has_to(model: str, roles: list[str]) -> None:
    """Most models refuse another one; Claude does not."""
    said = turns([{"role": "assistant", "content": "Hello!"}, *HI], to=model)

    assert [role for role, _ in said] == roles


def test_parallel_results_are_one_turn_in_any_order() -> None:
    """Each by its id, results first, then what the user says."""
    said = turns([*ASKED, calling("a", "b"), result("b"), *HI, result("a", "One")])

    assert said[1:] == [
        (
            "assistant",
            [
                {"toolUse": {"toolUseId": "a", "name": "get_time", "input": {}}},
                {"toolUse": {"toolUseId": "b", "name": "get_time", "input": {}}},
            ],
        ),
        (
            "user",
            [
                {"toolResult": {"toolUseId": "b", "content": [{"text": "Noon"}]}},
                {"toolResult": {"toolUseId": "a", "content": [{"text": "One"}]}},
                {"text": "Hi"},
            ],
        ),
    ]


@pytest.mark.parametrize("model", [LLAMA, MISTRAL, WRITER])
def test_results_stand_alone_where_they_have_to(model: str) -> None:
    """Else a 400: "Conversation blocks and tool result blocks cannot be provided in the same turn"."""
    said = turns([*ASKED, calling("a"), result("a"), *HI], to=model)

    assert [role for role, _ in said] == ["user", "assistant", "user", "assistant", "user"]
    assert [list(block) for _, blocks in said[2:] for block in blocks] == [["toolResult"], ["text"], ["text"]]
    assert said[-1] == ("user", [{"text": "Hi"}])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", []),
        ([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}], [{"text": "A"}, {"text": "B"}]),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            [{"image": {"format": "png", "source": {"bytes": "AAAA"}}}],
        ),
    ],
)
def test_a_result_is_text_or_parts(content: Any, expected: list[Json]) -> None:
    """An empty one has no block, for blank texts are refused."""
    said = turns([*ASKED, calling("a"), result("a", content)])

    assert said[-1][1][0]["toolResult"]["content"] == expected


@pytest.mark.parametrize(
    ("model", "failed", "expected"),
    [(CLAUDE, True, "error"), (CLAUDE, False, "success"), (CLAUDE, None, None), (WRITER, True, None)],
)
def test_a_result_says_how_it_went(model: str, failed: bool | None, expected: str | None) -> None:
    """Where the client does, and the model may be told."""
    said = turns([*ASKED, calling("a"), result("a", is_error=failed)], to=model)

    assert said[-1][1][0]["toolResult"].get("status") == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"city":"Rome"}', {"city": "Rome"}),
        ("", {}),
        (" ", {}),
        ("[1]", {"arguments": "[1]"}),
        ("x", {"arguments": "x"}),
    ],
)
def test_arguments_are_an_object(arguments: str, expected: Json) -> None:
    """What is none goes whole under one name."""
    assistant = {"role": "assistant", "content": None, "tool_calls": [call("f", arguments, "a")]}

    assert turns([*ASKED, assistant, result("a")])[1][1][0]["toolUse"]["input"] == expected


@pytest.mark.parametrize(
    ("model", "given", "kept"),
    [
        (NOVA, "functions.get_time:0", True),
        (NOVA, "call/1", False),
        (NOVA, "x" * 65, False),
        (CLAUDE, "toolu_1-a", True),
        (CLAUDE, "functions.get_time:0", False),
        (MISTRAL, "a1B2c3D4e", True),
        (MISTRAL, "call_1", False),
    ],
)
def test_ids_of_another_provider_are_mended(model: str, given: str, kept: bool) -> None:
    """The same way in the call and in its result, in the characters that the model takes."""
    said = turns([*ASKED, calling(given), result(given)], to=model)
    used, answered = said[1][1][0]["toolUse"]["toolUseId"], said[2][1][0]["toolResult"]["toolUseId"]

    assert used == answered
    assert (used == given) is kept
    assert len(used) <= 64
    if model is MISTRAL:
        assert len(used) == 9
        assert used.isalnum()


def test_two_odd_ids_stay_two() -> None:
    """Mending never makes one of them."""
    said = turns([*ASKED, calling("a/b", "a:b"), result("a/b"), result("a:b")])

    assert len({block["toolUse"]["toolUseId"] for block in said[1][1]}) == 2


def test_calls_of_old_have_their_results() -> None:
    """``function_call`` has no id: one is made."""
    assistant = {"role": "assistant", "content": None, "function_call": {"name": "get_time", "arguments": "{}"}}
    said = turns([*ASKED, assistant, {"role": "function", "name": "get_time", "content": "Noon"}])

    assert said[1][1][0]["toolUse"]["toolUseId"] == said[2][1][0]["toolResult"]["toolUseId"]


def test_a_refusal_in_the_history_is_what_was_said() -> None:
    """Its text."""
    assert turns([*HI, {"role": "assistant", "content": None, "refusal": "No."}, *HI])[1][1] == [{"text": "No."}]


def test_blocks_of_the_providers_own_tools_come_back() -> None:
    """In their order, before the text: a result of theirs never goes to the front."""
    own = [
        {"toolUse": {"toolUseId": "s", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "s", "content": [{"json": {"out": "1"}}], "type": "nova_code_interpreter_result"}},
    ]
    assistant = {"role": "assistant", "content": "One.", "extra_content": {"bedrock": {"content": own}}}

    assert turns([*HI, assistant, *HI], to=NOVA)[1] == ("assistant", [*own, {"text": "One."}])


def test_what_has_no_place_in_a_message_is_named() -> None:
    """A user's name, and audio that another model spoke."""
    spoken = {"role": "assistant", "content": "A", "audio": {"id": "audio_1"}}
    request, _ = wire([{"role": "user", "name": "ann", "content": "Hi"}, spoken, *HI])

    assert set(request.dropped) == {"messages[].name", "messages[].audio"}


def test_tools_of_the_history_are_declared_where_the_request_has_none() -> None:
    """Else a 400: "The toolConfig field must be defined when using toolUse and toolResult content blocks"."""
    request, body = wire([*ASKED, calling("a"), result("a")])

    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["get_time"]
    assert "toolChoice" not in body["toolConfig"]
    assert request.dropped == ()


def test_declared_tools_stay_as_they_are_beside_a_history() -> None:
    """The client's declaration is the one that counts."""
    _, body = wire([*ASKED, calling("a"), result("a")], tools=[TIME])

    assert body["toolConfig"]["tools"] == [
        {"toolSpec": {"name": "get_time", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
    ]
