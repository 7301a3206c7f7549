"""Shows several reports side by side, a row a requirement."""
