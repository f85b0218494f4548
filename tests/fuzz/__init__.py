"""Hostile upstreams: streams and answers bent out of shape, for every decoder (RELIABILITY F7 to F12, S15)."""
