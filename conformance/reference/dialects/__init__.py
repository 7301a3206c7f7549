"""The dialects: the four documented APIs, one module each."""
