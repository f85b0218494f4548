"""OpenAI's wire, spoken to OpenAI and to every vendor that speaks it nearly; ``vendors.py`` has the differences.

This is the native lane: a request goes out as it came in but for the vendor's renames and drops, an answer goes back as
the same bytes unless something in it needs mending.
"""

from urllib.parse import quote

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, JsonObject, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.openai.answer import read_answer
from translators.providers.openai.failure import read_failure
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import Vendor

_ON_IF_EMPTY = frozenset({"web_search_options"})
"""Objects that ask for something by being there: ``{}`` is the search with its defaults."""
_UNDATED_VERSIONS = frozenset({"v1", "latest", "preview"})
"""Azure's versions of the surface that takes the model from the body."""


class OpenAI:
    """The translator of one vendor."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._lacks, self._left_out = sorted(vendor.lacks), tuple(vendor.drops | vendor.lacks)

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Binding parameters that are set to something, and that the vendor has no notion of."""
        vendor, body = self._vendor, ask.body
        names = (
            []
            if not self._lacks
            else [
                name for name in self._lacks if body.get(name) or (name in _ON_IF_EMPTY and body.get(name) is not None)
            ]
        )
        if vendor.one_choice and (body.get("n") or 1) > 1:
            names.append("n")
        if not vendor.json_schema and (body.get("response_format") or {}).get("type") == "json_schema":
            names.append("response_format")
        return tuple(names)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The body with the target's model, less what the vendor would choke on."""
        vendor = self._vendor
        body = {**ask.body, "model": target.model}
        dropped: list[str] = []
        if self._left_out:
            dropped = [name for name in body if name in vendor.drops and body[name] is not None]
            for name in self._left_out:
                body.pop(name, None)
        for ours, theirs in vendor.renames.items():
            value = body.pop(ours, None)
            if value is not None and body.get(theirs) is None:
                body[theirs] = value
        if ask.stream and vendor.asks_usage:
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        elif not vendor.asks_usage:
            body.pop("stream_options", None)
        if vendor.message_drops or not vendor.developer_role:
            body["messages"] = [self._message(message, dropped) for message in body["messages"]]
        path = vendor.path if target.api_version is None else self._path(target)
        return WireRequest(path, orjson.dumps(body), vendor.headers, tuple(dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Check and mend a whole answer."""
        return read_answer(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> OpenAIDecoder:  # noqa: ARG002
        """A fresh decoder for one stream."""
        return OpenAIDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)

    def _path(self, target: Destination) -> str:
        vendor, version = self._vendor, target.api_version
        if version is None or vendor.dated_path is None:
            return vendor.path
        if version in _UNDATED_VERSIONS:
            return f"{vendor.path}?api-version={version}"
        return vendor.dated_path.format(model=quote(target.model, safe=""), version=quote(version, safe=""))

    def _message(self, message: JsonObject, dropped: list[str]) -> JsonObject:
        vendor = self._vendor
        needless = vendor.message_drops & message.keys()
        renamed = not vendor.developer_role and message["role"] == "developer"
        if not needless and not renamed:
            return message
        for name in sorted(needless):
            path = f"messages[].{name}"
            if message[name] and path not in dropped:
                dropped.append(path)
        kept = {name: value for name, value in message.items() if name not in needless}
        return {**kept, "role": "system"} if renamed else kept
