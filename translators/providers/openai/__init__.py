"""OpenAI's wire, spoken to OpenAI and to every vendor that speaks it nearly; ``vendors`` has the differences.

This is the native lane: a request goes out as it came in but for what the vendor says otherwise or lacks, an answer
goes back as the same bytes unless something in it needs mending.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.forms import is_no_objects
from translators.providers.openai.errors import read_failure
from translators.providers.openai.form import FORM
from translators.providers.openai.formed import FormedDecoder, as_text
from translators.providers.openai.history import set_roles, told
from translators.providers.openai.parameters import differs, fit, mapped, passed, specials_of, table_of
from translators.providers.openai.paths import path_of
from translators.providers.openai.response import read_response
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.openai.thinkers import fit_thinker, thinks
from translators.providers.vendors import Vendor

_IMAGE = "messages[].content[].image_url"
_NAME = "messages[].name"


class OpenAI:
    """The translator of one vendor."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self._specials, self._differs = specials_of(vendor), differs(vendor)

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the vendor lacks and the operator does not want sent all the same."""
        if not ask.uses or not self._differs:
            return ()
        unmet = table_of(self.vendor, target.api_version).unmet(ask.uses)
        if mapped(self.vendor, ask, target, FORM) and is_no_objects(ask.body["response_format"]):
            unmet = (*unmet, FORM)
        return tuple([name for name in unmet if not passed(target, name)]) if unmet else ()

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The body with the target's model, in the vendor's words, less what it would choke on."""
        vendor = self.vendor
        dropped: list[str] = []
        if (ask.uses and self._differs) or not self._specials.isdisjoint(ask.body):
            body, dropped = fit(vendor, ask, target)
            body["model"] = target.model
        else:
            body = {**ask.body, "model": target.model}
        if vendor.thinkers and thinks(target.model):
            fit_thinker(body, target, dropped)
        if ask.stream and vendor.asks_usage:
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        elif not vendor.asks_usage:
            body.pop("stream_options", None)
        if not ask.plain:
            named = _NAME not in vendor.lacks or passed(target, _NAME)
            body["messages"] = told(body["messages"], vendor, dropped, named=named)
        elif not vendor.developer_role:
            body["messages"] = set_roles(body["messages"])
        path = vendor.path if target.api_version is None else path_of(vendor.path, vendor.dated_path, target)
        headers = vendor.headers
        if vendor.image_headers and _IMAGE in ask.uses:
            headers = {**headers, **vendor.image_headers}
        return WireRequest(path, orjson.dumps(body), headers, tuple(dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:
        """Check and mend a whole answer."""
        answer = read_response(ask, wire, self.vendor)
        if FORM in ask.uses and isinstance(answer, ChatResponse) and mapped(self.vendor, ask, target, FORM):
            return as_text(answer)
        return answer

    def decoder(self, ask: ChatRequest, target: Destination) -> OpenAIDecoder:
        """A fresh decoder for one stream."""
        if FORM in ask.uses and mapped(self.vendor, ask, target, FORM):
            return FormedDecoder(ask, self.vendor)
        return OpenAIDecoder(ask, self.vendor)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
