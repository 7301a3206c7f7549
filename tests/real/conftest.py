"""Tests against servers of other makes, where those are installed (`tox -e real`)."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("llama_cpp") and find_spec("litellm") else ["test_real_servers.py"]
