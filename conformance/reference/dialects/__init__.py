"""The dialects: one API each."""
