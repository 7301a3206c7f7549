"""Certificates: a run as a bundle that a stranger can check, without network and without trust in who made it."""
