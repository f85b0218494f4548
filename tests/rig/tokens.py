"""Usage as a client reads it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Usage; 0 where nothing is said of a part."""

    prompt: int
    completion: int
    total: int
    cached: int = 0
    reasoning: int = 0
