"""What requests cost, and what they cost at most: prices compiled to whole numbers, and bounds of tokens and money."""

from proxy.money.bounds import Bound, afford, bound_of, cost_of, limited
from proxy.money.rates import ANY, RICH, TIERED, Rates, affordable, bound, compiled, cost, micro

__all__ = [
    "ANY",
    "RICH",
    "TIERED",
    "Bound",
    "Rates",
    "afford",
    "affordable",
    "bound",
    "bound_of",
    "compiled",
    "cost",
    "cost_of",
    "limited",
    "micro",
]
