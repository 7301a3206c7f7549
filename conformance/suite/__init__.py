"""The pytest suite: one item a requirement."""
