"""Makes the catalogue's snapshot: ``python tests/proxy/catalog/make.py litellm-*.whl``, by hand, every now and then.

Capabilities come from ``model_prices_and_context_window_backup.json`` in LiteLLM's wheel, prices from the package
``genai-prices``, which has to be installed. The gateway runs without them, so they are no dependencies of it. Both are
MIT; their notices go beside the snapshot. What a source does not say is left out: nothing is guessed.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_UP, Decimal
from importlib import metadata
from pathlib import Path
from typing import Any
from zipfile import ZipFile

FOLDER = Path(__file__).resolve().parents[3] / "proxy" / "catalog"
TABLE = "litellm/model_prices_and_context_window_backup.json"
MODES = {"chat", "responses", "completion", "embedding"}
PICO_PER_TOKEN = 10**6
"""One dollar per million tokens in pico-dollars per token."""

FLAGS = {
    "supports_function_calling": "tools",
    "supports_tool_choice": "tool_choice",
    "supports_parallel_function_calling": "parallel_tool_calls",
    "supports_response_schema": "response_schema",
    "supports_vision": "vision",
    "supports_pdf_input": "pdf",
    "supports_audio_input": "audio_input",
    "supports_audio_output": "audio_output",
    "supports_reasoning": "reasoning",
    "supports_prompt_caching": "prompt_caching",
    "supports_web_search": "web_search",
    "supports_sampling_params": "sampling",
}
MODALITIES = (
    ("vision", "supported_modalities", "image"),
    ("audio_input", "supported_modalities", "audio"),
    ("audio_output", "supported_output_modalities", "audio"),
)
"""A list of modalities says of each whether it is in; the flag wins where both are there."""
PRICES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
"""In the order of ``translators.facts.Price``."""
RARE = {
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cached_audio",
    "input_image_mtok": "input_image",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
    "output_reasoning_mtok": "output_reasoning",
    "requests_kcount": "request",
}
"""What few models have, by our names."""
TIERS: tuple[Mapping[str, str], ...] = (
    *({"service_tier": name} for name in ("flex", "priority", "fast")),
    {"processing": "batch"},
    {"speed": "fast"},
)
"""Which request-specific prices are taken, under the last word of each."""


@dataclass(frozen=True)
class Source:
    """Where one of our providers is in the two sources."""

    provider: str
    litellm: tuple[str, ...] = ()
    """LiteLLM's names of it; one that ends in ``*`` stands for all that begin so."""
    prefixes: tuple[str, ...] = ()
    """What LiteLLM puts before the names of its models."""
    prices: str | None = None
    """Its id in genai-prices."""
    modes: frozenset[str] = frozenset(MODES)
    listed: bool = False
    """Models that only genai-prices has are taken too: LiteLLM does not list this provider."""


CORRECTIONS: Mapping[tuple[str, str], Mapping[str, bool | None]] = {
    # It has called tools since V3.2 (https://api-docs.deepseek.com/guides/thinking_mode, 2026-11), and does so in the
    # recordings. Whether it can be made to is not said.
    ("deepseek", "deepseek-reasoner"): {"tools": True, "tool_choice": None},
}
"""What LiteLLM has wrong, seen in real traffic: flags as they are, or None where nobody knows."""
_DRAWING = frozenset({*MODES, "image_generation"})
"""Gemini's image models are asked like all others."""
SOURCES = (
    Source("openai", ("openai",), prices="openai"),
    Source("azure", ("azure", "azure_ai"), ("azure/", "azure_ai/"), "azure"),
    Source("anthropic", ("anthropic",), prices="anthropic"),
    Source("google", ("gemini",), ("gemini/",), "google", _DRAWING),
    Source("vertex", ("vertex_ai*",), ("vertex_ai/",), "google", _DRAWING),
    Source("bedrock", ("bedrock", "bedrock_converse"), ("bedrock/",), "aws"),
    Source("cohere", ("cohere", "cohere_chat"), ("cohere/",), "cohere"),
    Source("mistral", ("mistral",), ("mistral/",), "mistral"),
    Source("deepseek", ("deepseek",), ("deepseek/",), "deepseek"),
    Source("groq", ("groq",), ("groq/",), "groq"),
    Source("copilot", ("github_copilot",), ("github_copilot/",), "github-copilot"),
    Source("together", ("together_ai",), ("together_ai/",), "together"),
    Source("fireworks", ("fireworks_ai*",), ("fireworks_ai/",), "fireworks"),
    Source("xai", ("xai",), ("xai/",), "x-ai"),
    Source("perplexity", ("perplexity",), ("perplexity/",), "perplexity"),
    Source("cerebras", ("cerebras",), ("cerebras/",), "cerebras"),
    Source("zai", ("zai",), ("zai/",), "zai"),
    Source("ollama", ("ollama",), ("ollama/",)),
    Source("openrouter", prices="openrouter", listed=True),
)
_NESTED = {"groq", "together", "fireworks", "perplexity", "vertex", "ollama"}
"""Providers whose own names of models have slashes. Elsewhere a slash is LiteLLM's: a region, a size, a commitment."""


def models_of(source: Source, table: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One provider's models by name, in lower case."""
    priced = _priced(source.prices)
    found: dict[str, Any] = {}
    for key, entry in table.items():
        name = _name(source, key, entry)
        if name is not None:
            flags = _flags(entry) | CORRECTIONS.get((source.provider, name), {})
            price = _price(_match(priced, name), now, entry.get("max_input_tokens"))
            whole = "price" in price and (price["price"][1] is not None or entry["mode"] == "embedding")
            facts = _capabilities(entry, flags) | (price if whole else {})
            found[name] = facts | found.get(name, {})
    if source.listed:
        for model in priced:
            window = {} if model.context_window is None else {"context_window": model.context_window}
            for name in (model.id.lower(), *_exact(model.match)):
                found.setdefault(name, window | _price(model, now, model.context_window))
    return {name: found[name] for name in sorted(found) if found[name]}


def _name(source: Source, key: str, entry: Mapping[str, Any]) -> str | None:
    by = entry.get("litellm_provider") or ""
    ours = any(by == name or (name.endswith("*") and by.startswith(name[:-1])) for name in source.litellm)
    if not ours or entry.get("mode") not in source.modes:
        return None
    prefix = next((prefix for prefix in source.prefixes if key.startswith(prefix)), "")
    name = key[len(prefix) :].lower()
    return name if source.provider in _NESTED or "/" not in name else None


def _flags(entry: Mapping[str, Any]) -> dict[str, bool | None]:
    listed = () if entry["mode"] == "embedding" else MODALITIES
    found = {ours: word in entry[theirs] for ours, theirs, word in listed if entry.get(theirs)}
    return found | {ours: entry[theirs] for theirs, ours in FLAGS.items() if isinstance(entry.get(theirs), bool)}


def _capabilities(entry: Mapping[str, Any], flags: Mapping[str, bool | None]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    numbers = {"context_window": "max_input_tokens", "max_output": "max_output_tokens"}
    for ours, theirs in numbers.items():
        if isinstance(entry.get(theirs), int) and entry[theirs] > 0:
            facts[ours] = entry[theirs]
    for ours, wanted in (("can", True), ("cannot", False)):
        names = " ".join(sorted(name for name, flag in flags.items() if flag is wanted))
        facts |= {ours: names} if names else {}
    return facts | ({"deprecation": entry["deprecation_date"]} if entry.get("deprecation_date") else {})


def _priced(provider: str | None) -> list[Any]:
    """The provider's models, and behind them those of whom it sells for as well."""
    from genai_prices.data import providers

    known = {each.id: each for each in providers}
    if provider is None:
        return []
    others = [model for name in known[provider].fallback_model_providers or () for model in known[name].models]
    return [*known[provider].models, *others]


def _match(priced: Iterable[Any], name: str) -> Any:
    return next((model for model in priced if model.is_match(name)), None)


def _exact(clause: Any) -> Iterator[str]:
    """The names that a clause spells out."""
    if hasattr(clause, "equals"):
        yield clause.equals.lower()
    for part in getattr(clause, "or_", ()):
        yield from _exact(part)


def _price(model: Any, now: datetime, window: int | None) -> dict[str, Any]:
    """Rates in whole pico-dollars, rounded up; of those that change within a day the dearest."""
    standard = _rates(model, now, window, None)
    if not standard:
        return {}
    tiers: dict[str, Any] = {}
    for context in TIERS:
        if any(variant.when == context for variant in model.price_variants or ()):
            rates = _rates(model, now, window, context)
            tiers |= {context[name]: rates for name in context if rates != standard}
    return standard | ({"tiers": tiers} if tiers else {})


def _rates(model: Any, now: datetime, window: int | None, context: Mapping[str, str] | None) -> dict[str, Any]:
    if model is None:
        return {}
    midnight = now.replace(hour=0, minute=30)
    rates = [model.get_prices(midnight + timedelta(hours=hour), context) for hour in range(24)]
    if not all(each.input_mtok is not None for each in rates):
        return {}
    names = (*PRICES, *RARE)
    starts = sorted({tier.start for each in rates for name in names for tier in _tiers(getattr(each, name))})
    starts = [start for start in starts if window is None or start < window]
    price: dict[str, Any] = {"price": _dearest(rates, 0)}
    price |= {"rare": rare} if (rare := _rare(rates, 0)) else {}
    above = [[start, *_dearest(rates, start), *filter(None, [_rare(rates, start)])] for start in starts]
    return price | ({"above": above} if above else {})


def _rare(rates: Sequence[Any], start: int) -> dict[str, int]:
    return {ours: most for theirs, ours in RARE.items() if (most := _most(rates, theirs, start)) is not None}


def _tiers(price: Any) -> list[Any]:
    return list(getattr(price, "tiers", ()))


def _dearest(rates: Sequence[Any], start: int) -> list[int | None]:
    return [_most(rates, name, start) for name in PRICES]


def _most(rates: Sequence[Any], name: str, start: int) -> int | None:
    known = [_pico(getattr(each, name), start) for each in rates if getattr(each, name) is not None]
    per = 1000 if name.endswith("_kcount") else 1
    return max(known) * per if known else None


def _pico(price: Any, start: int) -> int:
    dollars = price if isinstance(price, Decimal) else price.base
    for tier in _tiers(price):
        dollars = tier.price if tier.start <= start and start else dollars
    return int((dollars * PICO_PER_TOKEN).to_integral_value(ROUND_UP))


def _lines(about: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """JSON with one model a line, so that a new snapshot reads as a list of changes."""
    yield '{"about": ' + json.dumps(about, ensure_ascii=False) + ","
    yield '"models": {'
    for number, (provider, models) in enumerate(providers.items(), 1):
        yield f"{json.dumps(provider)}: {{"
        lines = [f"{json.dumps(name)}: {json.dumps(facts, separators=(',', ':'))}" for name, facts in models.items()]
        yield ",\n".join(lines)
        yield "}," if number < len(providers) else "}"
    yield "}}"


def _notice(wheel: ZipFile) -> str:
    litellm = next(name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
    parts = [("LiteLLM", wheel.read(litellm).decode())]
    for file in metadata.files("genai-prices") or ():
        if file.name == "LICENSE":
            parts.append(("genai-prices", file.read_text()))
    head = "models.json holds facts taken from these works, whose licences follow."
    return "\n\n".join([head, *(f"{name}\n{'-' * len(name)}\n{text.strip()}" for name, text in parts)]) + "\n"


def main(path: Path) -> None:
    """Write snapshot and notice."""
    now = datetime.now(UTC)
    with ZipFile(path) as wheel:
        table = json.loads(wheel.read(TABLE))
        notice = _notice(wheel)
    about = {
        "made": f"{now:%Y-%m-%d}",
        "capabilities": f"litellm {path.name.split('-')[1]}, {TABLE} (https://github.com/BerriAI/litellm, MIT)",
        "prices": f"genai-prices {metadata.version('genai-prices')} (https://github.com/pydantic/genai-prices, MIT)",
        "price": "pico-dollars a token: input, output, cached, cache write; above: the same, with more input",
    }
    providers = {source.provider: models_of(source, table, now) for source in SOURCES}
    (FOLDER / "models.json").write_text("\n".join(_lines(about, providers)) + "\n", encoding="utf-8")
    (FOLDER / "NOTICE").write_text(notice, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
