"""Shows one run as a page made for reading."""
