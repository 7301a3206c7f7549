"""Proves that an LLM HTTP API keeps its documented promises."""
