"""Plain numbers that are carried over to prometheus_client in bulk.

A child of its metrics costs 0.3 to 0.7 us each time it is counted up (PERFORMANCE.md), and a request counts a dozen;
adding to a dictionary costs a fifth of that.
"""

from bisect import bisect_left
from collections import defaultdict

from prometheus_client import Counter, Histogram

Labels = tuple[str, ...]


class Counts:
    """What a counter is to be counted up by.

    Args:
        counter: with labels.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self.due: defaultdict[Labels, float] = defaultdict(float)
        """By labels; add to it."""

    def carry(self) -> None:
        """Count the counter up."""
        for labels, amount in self.due.items():
            self._counter.labels(*labels).inc(amount)
        self.due.clear()


class Spans:
    """What a histogram is to observe.

    Args:
        histogram: with labels or without.
        bounds: its buckets, in seconds.
    """

    def __init__(self, histogram: Histogram, bounds: tuple[float, ...]) -> None:
        self._histogram, self._bounds = histogram, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._sums: defaultdict[Labels, float] = defaultdict(float)

    def add(self, labels: Labels, seconds: float) -> None:
        """Observe so many seconds."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[labels] += seconds

    def carry(self) -> None:
        """Fill the histogram. It has no public way to observe many at once, so its buckets are filled themselves."""
        for labels, counts in self._counts.items():
            child = self._histogram.labels(*labels) if labels else self._histogram
            child._sum.inc(self._sums[labels])
            for bucket, count in zip(child._buckets, counts, strict=True):
                if count:
                    bucket.inc(count)
        self._counts.clear()
        self._sums.clear()
