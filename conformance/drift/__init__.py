"""Drift: recordings of one target kept in a folder, and what changed since they were made."""
