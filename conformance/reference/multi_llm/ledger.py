"""What was used: requests, tokens and cost by day and model, with the latest response times."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

_KEPT = 10_000
_IDLE_MS = 900.0
"""The response time reported before anything was answered, in milliseconds."""


@dataclass(frozen=True)
class Use:
    """One request that was answered or refused by a model, at a time in Unix seconds."""

    model: str
    at: float
    tokens: int
    cost: Decimal
    milliseconds: float
    succeeded: bool = True

    @property
    def day(self) -> date:
        """The day of the use, UTC."""
        return datetime.fromtimestamp(self.at, UTC).date()


class Ledger:
    """Counts uses; safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = Lock()
        self._days: dict[tuple[date, str], tuple[int, int, Decimal]] = {}
        self._latest: deque[Use] = deque(maxlen=_KEPT)

    def record(self, use: Use) -> None:
        """Count one use; only what succeeded counts for the usage."""
        with self._lock:
            self._latest.append(use)
            if use.succeeded:
                requests, tokens, cost = self._days.get((use.day, use.model), (0, 0, Decimal(0)))
                self._days[use.day, use.model] = (requests + 1, tokens + use.tokens, cost + use.cost)

    def usage(self, start: date, end: date, model: str | None) -> dict[str, Any]:
        """Return the usage of the days from start to end, both included, of one model or of all."""
        by_model: dict[str, tuple[int, int, Decimal]] = {}
        with self._lock:
            for (day, name), counted in self._days.items():
                if start <= day <= end and model in {None, name}:
                    before = by_model.get(name, (0, 0, Decimal(0)))
                    by_model[name] = (before[0] + counted[0], before[1] + counted[1], before[2] + counted[2])
        return {
            "period": {"start": start.isoformat(), "end": end.isoformat()},
            "total_requests": sum(each[0] for each in by_model.values()),
            "total_tokens": sum(each[1] for each in by_model.values()),
            "total_cost": float(sum((each[2] for each in by_model.values()), Decimal(0))),
            "by_model": {
                name: {"requests": each[0], "tokens": each[1], "cost": float(each[2])}
                for name, each in sorted(by_model.items())
            },
        }

    def performance(self) -> dict[str, Any]:
        """Return response times, rates of success and error, and the throughput of the last minute."""
        with self._lock:
            uses = list(self._latest)
        times = sorted(use.milliseconds for use in uses) or [_IDLE_MS]
        failed = sum(1 for use in uses if not use.succeeded)
        error_rate = round(failed / len(uses), 4) if uses else 0.0
        recent = [use for use in uses if use.at > self._now() - 60]
        return {
            "response_times": {
                "average_ms": round(sum(times) / len(times), 1),
                "p50_ms": _percentile(times, 50),
                "p95_ms": _percentile(times, 95),
                "p99_ms": _percentile(times, 99),
            },
            "success_rate": round(1 - error_rate, 4),
            "error_rate": error_rate,
            "throughput": {
                "requests_per_minute": len(recent),
                "tokens_per_minute": sum(use.tokens for use in recent),
            },
        }


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of values in ascending order."""
    return round(ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 1)
