"""A Converse request under construction."""

from dataclasses import dataclass, field

from translators.base import JsonObject
from translators.providers import draft
from translators.providers.bedrock.families import Family, family_of, vendor_of


@dataclass(slots=True)
class Draft(draft.Draft):
    """A request in Converse's words, and what it leaves out."""

    model: str = field(kw_only=True)
    """As Bedrock spells it."""
    family: Family = field(init=False)
    """What the model takes."""
    plain: bool = False
    """``messages`` are texts alone, and JSON already: there is no tool or thinking to look for in them."""
    extra: JsonObject = field(default_factory=dict)
    """``additionalModelRequestFields``: part of the body once it holds anything."""
    settings: JsonObject = field(default_factory=dict)
    """``inferenceConfig``, likewise."""
    output: JsonObject = field(default_factory=dict)
    """``outputConfig``, likewise."""
    system: list[JsonObject] = field(default_factory=list)
    answer: JsonObject | None = None
    """The tool whose input is to be the answer, where the model has no other way to keep to a form."""
    names: dict[str, int] = field(default_factory=dict)
    """Names of the documents so far, and how many there are of each."""

    def __post_init__(self) -> None:
        self.family = family_of(self.model)

    @property
    def vendor(self) -> str:
        """Who made the model."""
        return vendor_of(self.model)
