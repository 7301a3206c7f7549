"""The engine: a deterministic stand-in for a language model, with no idea of HTTP."""
