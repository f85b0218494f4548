"""Plain numbers that are carried over to prometheus_client in bulk.

A child of its metrics costs 0.3 to 0.6 us each time it is counted up, and a request counts a dozen; adding to a
dictionary or to a list costs a quarter of that (0.07 and 0.1 us, measured).
"""

from bisect import bisect_left
from collections import defaultdict

from prometheus_client import Counter, Histogram

from proxy.engine.story import Story

Labels = tuple[str, ...]


class Counts:
    """What a counter is to be counted up by.

    Args:
        counter: with labels or without.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._totals: defaultdict[Labels, float] = defaultdict(float)
        self.due: defaultdict[Labels, float] = defaultdict(float)
        """By labels; add to it."""

    def reach(self, labels: Labels, total: float) -> None:
        """Count up to a total that somebody else keeps, from 0 on."""
        self.due[labels] += total - self._totals[labels]
        self._totals[labels] = total

    def carry(self) -> None:
        """Count the counter up."""
        for labels, amount in self.due.items():
            counter = self._counter.labels(*labels) if labels else self._counter
            counter.inc(amount)
        self.due.clear()


class Span:
    """Some durations, as a histogram has them.

    Args:
        bounds: of its buckets, in seconds.
    """

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.empty()

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    def empty(self) -> None:
        """Forget them."""
        self.counts, self.total = [0] * (len(self._bounds) + 1), 0.0


class Spans:
    """What a histogram is to observe.

    Args:
        histogram: with labels or without.
        bounds: its buckets, in seconds.
    """

    def __init__(self, histogram: Histogram, bounds: tuple[float, ...]) -> None:
        self._histogram, self._bounds = histogram, bounds
        self._seen: dict[Labels, Span] = {}

    def add(self, labels: Labels, seconds: float) -> None:
        """Observe so many seconds."""
        span = self._seen.get(labels)
        if span is None:
            span = self._seen[labels] = self.span()
        span.add(seconds)

    def span(self) -> Span:
        """An empty one with these buckets."""
        return Span(self._bounds)

    def carry(self) -> None:
        """Fill the histogram."""
        for labels, span in self._seen.items():
            self.fill(labels, span)
        self._seen.clear()

    def fill(self, labels: Labels, span: Span) -> None:
        """Take what a span holds. There is no public way to observe many at once, so buckets are filled themselves."""
        child = self._histogram.labels(*labels) if labels else self._histogram
        child._sum.inc(span.total)
        for bucket, count in zip(child._buckets, span.counts, strict=True):
            if count:
                bucket.inc(count)
        span.empty()


class Tally:
    """What many requests of one kind come to."""

    __slots__ = ("cached", "count", "first", "input", "output", "overhead", "reasoning", "whole")

    def __init__(self, whole: Span, first: Span, overhead: Span) -> None:
        self.whole, self.first, self.overhead = whole, first, overhead
        self.count = self.input = self.output = self.cached = self.reasoning = 0

    def add(self, story: Story) -> None:
        """One more request; of one attempt, which succeeded."""
        outcome = story.outcome
        assert outcome is not None
        attempt, usage = outcome.attempts[0], outcome.usage
        assert attempt.first_byte is not None
        self.count += 1
        whole = outcome.ended - story.call.started
        self.whole.add(whole)
        self.first.add(attempt.first_byte - attempt.started)
        self.overhead.add(max(whole - story.upstream_seconds, 0.0))
        if usage is not None:
            self.input += usage.input_tokens
            self.output += usage.output_tokens
            self.cached += usage.cached_tokens
            self.reasoning += usage.reasoning_tokens
