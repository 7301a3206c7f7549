"""Requests that are drawn from the specification, within a quota, the same ones for the same seed."""
