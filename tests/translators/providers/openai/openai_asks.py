"""Requests of clients, and what vendors of OpenAI's wire get to see of them."""

from typing import Any

import orjson

from tests.rig.asks import HI, Json, Target, ask
from translators.base import WireRequest
from translators.parameters import Wish
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS


def wire(
    vendor: str, messages: Any = HI, *, version: str | None = None, wishes: dict[str, Wish] | None = None, **body: Any
) -> tuple[WireRequest, Json]:
    """The request as it goes out to a vendor, and its body parsed."""
    target = Target("theirs", vendor, version, wishes or {})
    request = OpenAI(VENDORS[vendor]).request(ask(messages, **body), target)
    return request, orjson.loads(request.body)


def lacks(vendor: str, *, wishes: dict[str, Wish] | None = None, version: str | None = None, **body: Any) -> Any:
    """What the vendor cannot honour."""
    return OpenAI(VENDORS[vendor]).unsupported(ask(HI, **body), Target("theirs", vendor, version, wishes or {}))
