"""Tests against servers of other makes, where those are installed (`tox -e real`)."""

from __future__ import annotations

import environments

collect_ignore = [] if environments.complete() else ["test_real_servers.py"]
