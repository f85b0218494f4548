"""What a vendor that speaks OpenAI's wire does otherwise than OpenAI: one row of the vendors' table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from translators.base import JsonObject
from translators.parameters import PARAMETERS, Table, Treatment

NOT_IN_TURNS = frozenset({"reasoning_details", "thinking_blocks", "citations", "extra_content", "images"})
"""Fields of answers that nobody takes back but who gave them: another provider's state, or what was only to be shown.
A target of another provider never gets them; what is lost so is named."""
STRICT = NOT_IN_TURNS | {"refusal", "annotations", "audio", "function_call"}
"""The same for vendors that answer an unknown field of a message with a 400 or 422."""

_LEGACY = frozenset({"functions", "function_call"})
_CUSTOM = frozenset({"tools[].custom", "tool_choice.custom", "tool_choice.allowed_tools"})
_AUDIO = frozenset({"modalities", "audio", "messages[].content[].input_audio"})
_FILES = frozenset({"messages[].content[].file", "messages[].content[].file.file_id"})
_HOUSEHOLD = frozenset({"store", "safety_identifier", "prompt_cache_retention", "verbosity"})
OPENAI_ALONE = _LEGACY | _CUSTOM | _AUDIO | _FILES | _HOUSEHOLD | {"web_search_options"}
"""What OpenAI documents and nearly no other vendor does: each row says which of it the vendor has all the same."""

_ALLOWED, _NONE = "tool_choice.allowed_tools", "tool_choice.none"
_FORM, _FORCED = "response_format.json_schema", frozenset({"tools", "tool_choice.required", "tool_choice.function"})
_HOTTEST = 2.0
"""OpenAI's highest temperature."""


@dataclass(frozen=True, slots=True, eq=False)
class Vendor:
    """A vendor, as a difference from OpenAI."""

    name: str
    base_url: str | None
    """What the vendor's official SDK or its page for OpenAI's SDK says; None where the operator has to give one."""
    env: str | None
    """The environment variable that the key is usually in."""
    source: str
    """Where the row's facts are from."""
    needs_key: bool = True
    """False where a server may well ask for none."""
    base_tails: tuple[str, ...] = ()
    """What operators write behind the base URL and ``path`` has already: it is taken off."""
    path: str = "/chat/completions"
    """Appended to the base URL."""
    dated_path: str | None = None
    """The path where a version of the API is pinned; ``{model}`` and ``{version}`` are filled in."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Facts of the vendor's wire; no credentials."""
    image_headers: Mapping[str, str] = field(default_factory=dict)
    """More of them, for requests with images."""

    lacks: frozenset[str] = frozenset()
    """Names of ``translators.parameters`` that the vendor refuses, ignores, or does not document."""
    since: Mapping[str, str] = field(default_factory=dict)
    """Names that came with a dated version of the API; ``v1``: with the surface that has no dates."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Of these, names that said the same before: a parameter is sent under that one to an older version."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the vendor knows under another name."""
    words: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """By parameter: values that the vendor has another word for; None: it has none, so that the parameter is left out,
    and named. Other values pass as they are."""
    efforts: tuple[str, ...] = ()
    """Levels of ``reasoning_effort``, from the least to the most; one that is missing becomes the next lower one, or
    the lowest, and is named. Empty: all pass."""
    no_effort: JsonObject | None = None
    """What says ``reasoning_effort: none`` where that is no level."""
    calm_calls: bool = False
    """Refuses a forced choice among tools while its models think: then they do not, by ``no_effort``."""
    hottest: float = _HOTTEST
    """The highest ``temperature``: a higher one is left out, and named."""
    thinkers: bool = False
    """Serves OpenAI's models that think, under names that tell: they take ``max_completion_tokens`` alone as a limit,
    and some of them no sampling."""
    asks_usage: bool = True
    """``stream_options.include_usage`` may be sent; else usage comes unasked, and the parameter is left out."""

    developer_role: bool = False
    """Knows the role ``developer``; else it is sent as ``system``, which OpenAI defines as the same thing."""
    message_drops: frozenset[str] = NOT_IN_TURNS
    """Fields of messages that are left out, and named: clients send back what they were answered."""
    reasoning: str | None = None
    """The field of a history's messages that takes visible thinking; None: it is left out, and named."""
    unthought: str | None = None
    """What stands there for calls that another model made, where the vendor answers a 400 if nothing does."""
    keeps: str | None = None
    """The field that the vendor wants back in the next turn beside tool calls: ``reasoning_content`` or
    ``reasoning_details``."""
    formats: frozenset[str] | None = frozenset()
    """Formats of ``reasoning_details`` that it takes back; None: any but those that are known in this gateway alone."""
    cache_marks: bool = False
    """Takes Anthropic's ``cache_control`` on content parts and tools; else it is left out, and named."""
    signed_calls: bool = False
    """Takes ``extra_content`` on tool calls back: Gemini's signatures, on Google's own surface of this wire."""
    bare_tools: bool = True
    """Takes tools without ``parameters``; else they are said to have none."""
    short_ids: bool = False
    """Ids of tool calls are nine letters or digits; others are mended."""
    parts: Mapping[str, Callable[[JsonObject], JsonObject]] = field(default_factory=dict)
    """Content parts that the vendor has another form for, by type."""
    thoughts: Callable[[list[JsonObject]], list[JsonObject]] | None = None
    """Makes content parts of ``reasoning_details``, for a vendor that has its thinking there."""

    def table(self, version: str | None = None) -> Table:
        """What becomes of each parameter; what is unknown to OpenAI passes.

        Args:
            version: of the API, where one is pinned; None, or a word, for the surface without dates.
        """
        renames = self.renames_in(version)
        lacks = (self.lacks | self._not_yet(version)) - renames.keys()
        said = {name: renames.get(name) or self._says(name) for name in PARAMETERS if name not in lacks}
        if _ALLOWED in lacks and "tool_choice.required" not in lacks:
            said[_ALLOWED] = "tools holds no others"
        if _NONE in lacks and "tools" not in lacks:
            said[_NONE] = "no tools"
        if _FORM in self.lacks and _FORCED.isdisjoint(lacks):
            said[_FORM] = "a forced tool's arguments"
        return Table(said, Treatment.NATIVE)

    def renames_in(self, version: str | None) -> Mapping[str, str]:
        """Parameters that a version of the API knows under another name."""
        return {**self.renames, **{name: self.before[name] for name in self.before.keys() & self._not_yet(version)}}

    def _not_yet(self, version: str | None) -> frozenset[str]:
        if version is None or not version[:1].isdecimal():
            return frozenset()
        return frozenset(name for name, first in self.since.items() if first > version)

    def _says(self, name: str) -> str:
        if name == "max_tokens" and self.thinkers:
            return "max_tokens, or max_completion_tokens of models that think"
        if "content[]." in name and name.rpartition("content[].")[2].partition(".")[0] in self.parts:
            return "a content part of the vendor's own"
        if name == "tools" and not self.bare_tools:
            return "tools, each with parameters"
        if name in _FORCED and name != "tools" and self.calm_calls:
            return "the same, without thinking"
        if name == "reasoning_effort" and self.efforts:
            return f"{', '.join(self.efforts)}, or the next lower one of these"
        if name == "temperature" and self.hottest < _HOTTEST:
            return f"up to {self.hottest:g}"
        field_name = name.partition(".")[0]
        if field_name in self.words:
            words = self.words[field_name].items()
            return ", ".join(f"{ours} is {theirs}" if theirs else f"no {ours}" for ours, theirs in words)
        return ""
