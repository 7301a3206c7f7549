"""Deviations: named ways to break a promise, one function and one sentence each."""
