"""The contract: every promise of a documented API, read from `specs/`."""
