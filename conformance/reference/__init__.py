"""The reference server: keeps every promise of the four APIs, and breaks one when told to."""
