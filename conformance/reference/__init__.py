"""The reference server: keeps every promise of every API, and breaks one when told to."""
