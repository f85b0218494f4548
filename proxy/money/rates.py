"""Prices as the hot path wants them: whole pico-dollars, what is not said filled in, the dearest worked out (H1).

A cost is exact. A bound is what no usage within its tokens can exceed, at the dearest rates that a request can come to
(RELIABILITY I21): ``reach`` says which these are, and a request that can come to less holds less.
"""

from collections.abc import Iterable, Mapping, Sequence

from translators.facts import Price, Usage

PICO = 1_000_000
"""Pico-dollars of a micro-dollar."""

RICH, TIERED, ANY = 1, 2, 4
"""Bits of ``reach``: it may hold sound, pictures or an hour's cache; its service tier is the provider's choice; no
rate at all is out of its reach, a faster model's included."""
_FAST = frozenset({"fast"})
"""A tier that a request has to ask for by a parameter of its own (Anthropic's ``speed``, …/build-with-claude/fast-mode)
or under another name as well (OpenAI's for ``priority``)."""
_KEPT = 4096

Steps = tuple[tuple[int, int, int], ...]
"""From more tokens of input than the first, the dearest rates of input and output; each no less than the one before."""


class Rates:
    """A compiled price. Rates of parts are differences to the rate of the whole that they are part of."""

    __slots__ = ("above", "held", "input", "media", "output", "parts", "reasoning", "request", "tiers", "version")

    def __init__(self, price: Price) -> None:
        full = _Full(price)
        self.version = price.version
        self.request, self.input, self.output = full.request, full.input, full.output
        self.parts = (full.cached - full.input, full.written - full.input, full.written_1h - full.written)
        """Of what is read from a cache, written to one, and written for an hour."""
        self.reasoning = full.reasoning - full.output
        self.media = full.media
        self.above = tuple([(start, Rates(dearer)) for start, dearer in price.above])
        self.tiers: Mapping[str, Rates] = {name: Rates(tier) for name, tier in price.tiers}
        self.held = tuple([_steps(price, reach) for reach in range(ANY + 1)])
        """By ``reach``: the price of a request, and the steps."""


def compiled(price: Price | None) -> Rates | None:
    """The rates of a price, made once for each object; None where nobody knows it."""
    if price is None:
        return None
    known = _compiled.get(id(price))
    if known is None:
        if len(_compiled) >= _KEPT:
            _compiled.clear()
        known = _compiled[id(price)] = price, Rates(price)  # with the price, or its id might come again
    return known[1]


_compiled: dict[int, tuple[Price, Rates]] = {}


def cost(rates: Rates, usage: Usage, service_tier: str | None = None) -> int:
    """What a usage comes to, in pico-dollars.

    Args:
        rates: of the target.
        usage: in inclusive buckets.
        service_tier: as the answer names it; one without a price of its own costs what none does.
    """
    if service_tier is not None and rates.tiers:
        rates = rates.tiers.get(service_tier, rates)
    read = usage.input_tokens
    for start, dearer in rates.above:
        if read > start:
            rates = dearer
    total = rates.request + read * rates.input + usage.output_tokens * rates.output
    cached, written = usage.cached_tokens, usage.cache_write_tokens
    if cached or written:
        for_cached, for_written, for_1h = rates.parts
        total += cached * for_cached + written * for_written + usage.cache_write_1h_tokens * for_1h
    if rates.reasoning:
        total += usage.reasoning_tokens * rates.reasoning
    return total if rates.media is None else total + _media(rates, rates.media, usage)


def bound(rates: Rates, input_tokens: int, output_tokens: int, reach: int = ANY) -> int:
    """What a request of so many tokens costs at most, in micro-dollars, rounded up.

    Args:
        rates: of the target.
        input_tokens: at most.
        output_tokens: at most; of all choices together.
        reach: which rates it can come to.
    """
    request, steps = rates.held[reach]
    read = made = 0
    for start, most_read, most_made in steps:
        if input_tokens > start:
            read, made = most_read, most_made
    return -(-(request + input_tokens * read + output_tokens * made) // PICO)


def affordable(rates: Rates, input_tokens: int, left: int, reach: int = ANY) -> int | None:
    """The most tokens of output with which a request costs no more than ``left`` micro-dollars.

    Returns:
        None where its input alone costs more, or leaves room for none; what costs nothing is without end: ``left``.
    """
    request, steps = rates.held[reach]
    read = made = 0
    for start, most_read, most_made in steps:
        if input_tokens > start:
            read, made = most_read, most_made
    rest = left * PICO - request - input_tokens * read
    if rest < 0:
        return None
    return (rest // made if made else left) or None


def micro(pico: int) -> int:
    """Micro-dollars, rounded up: what accounts count."""
    return -(-pico // PICO)


class _Full:
    """A price with nothing left open."""

    def __init__(self, price: Price) -> None:
        self.request, self.input, self.output = price.request or 0, price.input, price.output or 0
        self.cached = _or(price.cached, self.input)
        self.written = _or(price.cache_write, self.input)
        self.written_1h = _or(price.cache_write_1h, self.written)
        self.reasoning = _or(price.output_reasoning, self.output)
        audio = _or(price.input_audio, self.input)
        read = audio, _or(price.cached_audio, audio), _or(price.input_image, self.input)
        made = _or(price.output_audio, self.output), _or(price.output_image, self.output)
        said = (price.input_audio, price.cached_audio, price.input_image, price.output_audio, price.output_image)
        self.media = None if set(said) == {None} else (*read, *made)

    def most(self, *, rich: bool) -> tuple[int, int, int]:
        """The price of a request, and the dearest rates of input and of output."""
        read, made = [self.input, self.cached, self.written], [self.output, self.reasoning]
        if rich:
            read.append(self.written_1h)
            if self.media is not None:
                read.extend(self.media[:3])
                made.extend(self.media[3:])
        elif self.media is not None:
            made.append(self.media[4])  # a model that draws needs no asking
        return self.request, max(read), max(made)


def _or(rate: int | None, instead: int) -> int:
    return instead if rate is None else rate


def _media(rates: Rates, media: tuple[int, int, int, int, int], usage: Usage) -> int:
    """What sound and pictures cost beyond text.

    Nobody says how much of them was in the cache: no more than there has to be, which is charged as what it is.
    """
    audio, image = usage.input_audio_tokens, usage.input_image_tokens
    made = usage.output_audio_tokens * (media[3] - rates.output) + usage.output_image_tokens * (media[4] - rates.output)
    if not audio and not image:
        return made
    read = audio * (media[0] - rates.input) + image * (media[2] - rates.input)
    cached, written, kept = usage.cached_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    both = cached + written + audio + image - usage.input_tokens
    if both > 0:
        for_cached, for_written, for_1h = rates.parts
        again, anew = min(both, cached), min(both - min(both, cached), written)
        read -= again * for_cached + anew * for_written + max(kept - written + anew, 0) * for_1h
        read += min(again, audio) * (media[1] - media[0])
    return read + made


def _steps(price: Price, reach: int) -> tuple[int, Steps]:
    """The price of a request at most, and the dearest rates by its input."""
    rich, tiered, every = reach & RICH or reach & ANY, reach & TIERED or reach & ANY, reach & ANY
    tiers = [tier for name, tier in price.tiers if tiered and (every or name not in _FAST)]
    prices = [(start, _Full(each).most(rich=bool(rich))) for start, each in _all([price, *tiers])]
    steps = [
        (
            start,
            max(read for at, (_, read, _) in prices if at <= start),
            max(made for at, (*_, made) in prices if at <= start),
        )
        for start in sorted({start for start, _ in prices})
    ]
    return max(request for _, (request, *_) in prices), tuple(steps)


def _all(prices: Sequence[Price]) -> Iterable[tuple[int, Price]]:
    for price in prices:
        yield -1, price
        yield from price.above
