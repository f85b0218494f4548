"""What is known of the providers' models: a snapshot of their capabilities and prices, and what follows from it.

``models.json`` says where it is from and when it was made; ``tests/proxy/catalog/make.py`` makes the next one. What an
operator writes at a target goes before it, and what nobody says counts as possible.
"""

from proxy.catalog.fit import fit, price_of
from proxy.catalog.snapshot import Known, load, look_up
from proxy.catalog.wishes import wishes

__all__ = ["Known", "fit", "load", "look_up", "price_of", "wishes"]
