"""What follows for a request's parameters from what a model is known not to be able to do.

What changes the answer is refused, so that another target is looked for; what only shapes it is left out, and named.
"""

from collections.abc import Mapping

from translators.facts import Capabilities
from translators.parameters import Wish

_PART = "messages[].content[]."
_WITHOUT: Mapping[str, Mapping[str, Wish]] = {
    "tools": {"tools": "refuse", "functions": "refuse"},
    "tool_choice": {
        "tool_choice.required": "refuse",
        "tool_choice.function": "refuse",
        "tool_choice.allowed_tools": "refuse",
        "tool_choice.custom": "refuse",
    },
    "parallel_tool_calls": {"parallel_tool_calls": "drop"},
    "vision": {f"{_PART}image_url": "refuse"},
    "pdf": {f"{_PART}file": "refuse"},
    "audio_input": {f"{_PART}input_audio": "refuse"},
    "audio_output": {"audio": "refuse"},
    "reasoning": {"reasoning_effort": "drop"},
    "web_search": {"web_search_options": "refuse"},
    "sampling": {"temperature": "drop", "top_p": "drop"},
}
_WITHOUT_NATIVE: Mapping[str, Mapping[str, Wish]] = {
    **_WITHOUT,
    "response_schema": {"response_format.json_schema": "refuse"},  # other wire formats call a tool with that schema
}


def wishes(capabilities: Capabilities, *, native: bool) -> dict[str, Wish]:
    """What becomes of single parameters, by their names in ``translators.parameters``.

    Args:
        capabilities: of the model.
        native: the upstream speaks OpenAI's wire, so that what the model cannot do nobody does for it.
    """
    found: dict[str, Wish] = {}
    for ability, lost in (_WITHOUT_NATIVE if native else _WITHOUT).items():
        if getattr(capabilities, ability) is False:
            found.update(lost)
    return found
