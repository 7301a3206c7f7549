"""Reporters: a report becomes text for a terminal, a browser or a machine."""
