"""The parts of the money soak: a scene, its traffic, what goes wrong, and the books that are compared at the end."""
