"""Judges: pure functions from exchanges to findings. They never send, never read a clock or a file, never raise."""
