"""The table of vendors that speak OpenAI's wire: where each is, and where it differs.

A row holds what the vendor documents or was seen to answer, with the page it was read on (2026-11). What OpenAI has
and a vendor does not document counts as lacking: most vendors pass over what they do not know, and then it would
vanish in silence. An operator who knows better says ``parameters: {name: pass}``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from translators.providers.vendors import aggregators, clouds, hosts, local
from translators.providers.vendors.mistral import MISTRAL
from translators.providers.vendors.vendor import Vendor

__all__ = ["VENDORS", "Vendor"]

_ROWS = (*clouds.ROWS, MISTRAL, *hosts.ROWS, *aggregators.ROWS, *local.ROWS)

VENDORS: Mapping[str, Vendor] = MappingProxyType({row.name: row for row in _ROWS})
"""The rows by the names that ``provider:`` takes."""
