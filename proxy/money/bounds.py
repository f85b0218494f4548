"""What a request takes at most, before anybody has seen it: tokens and money (RELIABILITY H1, I21).

A token of a byte-level tokenizer has a byte at least, and JSON never has fewer bytes than what it says, so the body's
size bounds its text whatever the language; that is about four times too much for prose, and costs nothing to find.
What a body only refers to is bounded by :mod:`proxy.money.media`. Output is bounded by a limit that is sent with the
request where the client sends none: providers count thinking in it (OpenAI's ``max_completion_tokens``, Anthropic's
``max_tokens``, Gemini's ``maxOutputTokens``; each wire's ``thinking`` module keeps budgets below it, 2026-11).

It cannot be bounded how often a provider's own search makes it read the prompt again, nor what it finds: such a request
holds a whole context window, and may cost more than that. Perplexity's deep research thinks and reads beyond any limit.
"""

from policies.base import Target
from policies.claims import TERMS, Terms, Unit
from proxy.money.media import SIMPLE, TEMPLATE, TEMPLATES, read_at_most
from proxy.money.rates import ANY, RICH, TIERED, affordable, bound, compiled, cost
from translators.base import ChatRequest, EmbeddingsRequest, Request
from translators.facts import Usage
from translators.value import value

UNKNOWN_OUTPUT = 4096
"""Tokens that a request may ask for where nobody names a limit: no client, no operator, not the catalogue."""
_RICH = frozenset({"modalities", "audio", "cache_control", "prompt_cache_retention"})


@value
class Bound:
    """What a request takes at most at one target."""

    input: int
    """Tokens."""
    output: int
    """Tokens, of all choices together."""
    cost: int | None
    """Micro-dollars; None where nobody knows the price."""
    limit: int | None = None
    """Tokens of output to ask for in the request, or it is no bound; None: the client's own limit does it, or the
    model's, where asking for it might not leave the prompt enough of a small window."""
    free: bool = False
    """The client names no limit: it may be lowered."""
    choices: int = 1
    reach: int = ANY
    """Which rates it can come to."""


def bound_of(
    ask: Request, target: Target, terms: Terms = TERMS, *, counted: int | None = None, output: int | None = None
) -> Bound:
    """The bound of a request at a target.

    Args:
        ask: as the client sent it.
        target: with what is known of its model.
        terms: the policies'.
        counted: tokens of its input, where they have been counted; None: by its size.
        output: the limit of each choice, where it is to be lowered to it.
    """
    body, abilities, rates = ask.body, target.capabilities, compiled(target.price)
    if type(ask) is not ChatRequest:
        read = read_at_most(ask, target) if counted is None else counted
        return Bound(read, 0, None if rates is None else bound(rates, read, 0, RICH), reach=RICH)
    is_simple = ask.plain and (not ask.uses or SIMPLE.issuperset(ask.uses))
    if counted is not None:
        read = counted
    elif is_simple:  # as by far the most are: no further call
        read, window = len(ask.raw) + TEMPLATES.get(target.provider, TEMPLATE), abilities.context_window
        read = window if window is not None and window < read else read
    else:
        read = read_at_most(ask, target)
    own: int | None = body.get("max_completion_tokens") or body.get("max_tokens")
    limit = output if output is not None or own is not None else _unsaid(target, terms)
    reach = TIERED if is_simple and "service_tier" not in body else _reach(ask)
    choices = body.get("n") or 1
    made = choices * (limit or own or 0)
    cost = None if rates is None else bound(rates, read, made, reach)
    if limit is not None and output is None and terms.output is None and limit == abilities.max_output:
        window = abilities.context_window
        if window is not None and read + limit > window:  # a provider with one window for both might refuse it
            limit = None
    return Bound(read, made, cost, limit, own is None, choices, reach)


def afford(target: Target, held: Bound, unit: Unit, left: int) -> int | None:
    """The largest limit of output, of each choice, with which a request takes no more than is left.

    Args:
        target: where to.
        held: the request's bound there.
        unit: tokens or cost.
        left: in that unit.

    Returns:
        None where its input alone is too much.
    """
    rates = compiled(target.price)
    most: int | None = left - held.input
    if unit is Unit.COST:
        most = None if rates is None else affordable(rates, held.input, left, held.reach)
    return None if most is None or most < held.choices else most // held.choices


def limited(ask: Request, limit: int) -> Request:
    """A request with a limit of output, by the name that the client used. The one given stays as it is."""
    if isinstance(ask, EmbeddingsRequest):
        return ask
    name = "max_tokens" if ask.body.get("max_tokens") is not None else "max_completion_tokens"
    uses = ask.uses if name in ask.uses else (*ask.uses, name)
    return ChatRequest(
        ask.id,
        ask.created,
        ask.raw,
        {**ask.body, name: limit},
        ask.model,
        ask.stream,
        ask.include_usage,
        ask.hints,
        ask.plain,
        uses,
    )


def _unsaid(target: Target, terms: Terms) -> int:
    """The limit where the client names none."""
    most = target.capabilities.max_output
    if terms.output is not None:
        return terms.output if most is None else min(terms.output, most)
    return UNKNOWN_OUTPUT if most is None else most


def _reach(ask: ChatRequest) -> int:
    """Which rates a chat can come to: plain text is never billed as sound, nor kept for an hour unless it is said."""
    reach = 0 if ask.body.get("service_tier") == "default" else TIERED
    if ask.uses:
        if "speed" in ask.uses:
            return ANY
        if not _RICH.isdisjoint(ask.uses):
            return reach | RICH
    return reach if ask.plain else reach | RICH


def cost_of(ask: Request, target: Target, usage: Usage) -> int | None:
    """What a usage comes to, in pico-dollars; None where nobody knows the price.

    The service tier is the answer's; where it says nothing of one, what was asked for.
    """
    rates = compiled(target.price)
    if rates is None:
        return None
    tier = usage.service_tier
    if tier is None:
        tier = "fast" if ask.body.get("speed") == "fast" else ask.body.get("service_tier")
    return cost(rates, usage, tier)
