"""What the file's sections are made of: mappings with known keys, and short forms of them."""

from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ModelWrapValidatorHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Section(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Short(Section):
    """A section that may also be written as something shorter."""

    short: ClassVar[tuple[tuple[type, str, Callable[[Any], Any]], ...]] = ()
    """What is written instead, the field that it means, and how to make that field's value of it."""
    short_schema: ClassVar[tuple[dict[str, Any], ...]] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _long_form(cls, value: Any, validate: ModelWrapValidatorHandler[Any]) -> Any:
        for kind, name, convert in cls.short:
            if isinstance(value, kind):
                return validate({name: convert(value)})
        return validate(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        return {"description": schema.pop("description", ""), "anyOf": [*cls.short_schema, schema]}
