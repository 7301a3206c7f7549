"""Exchanges: data about what crossed the wire, how it is read from files, written to files, redacted."""
