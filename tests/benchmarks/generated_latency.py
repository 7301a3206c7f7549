"""Measures how long 400 generated cases take against a server that answers after 200 ms, and how long to draw them."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from conformance.contract.load import load_api
from conformance.generation.corpus import corpus
from conformance.generation.effort import Effort
from conformance.probes.target import Target
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.transport.budget import Budget, Limits
from conformance.transport.collect import Collector

CASES = 400
LATENCY = 0.2
"""Seconds before each answer."""


def main() -> None:
    """Print the time to draw, the time to send, and how the latter compares with what the latency alone would take."""
    api = load_api("openai")
    with ReferenceServer(Settings(apis=("openai",), latency=LATENCY, tokens_per_second=2000)) as server:
        target = Target(api, server.url("openai"), DEFAULT_KEY)
        began = time.perf_counter()
        drawn = corpus(target, Effort.THOROUGH, 0)
        drawing = time.perf_counter() - began
        probes = [case.probe for case in drawn.cases if case.draft][:CASES]
        for concurrency in (8, 32):
            limits = Limits(concurrency=concurrency)
            began = time.perf_counter()
            found = Collector(replace(target), Budget(limits), lambda exchange: exchange).collect(probes)
            sending = time.perf_counter() - began
            least = CASES * LATENCY / concurrency
            sys.stdout.write(
                f"{len(probes)} cases at concurrency {concurrency}: drawn in {drawing:.1f} s (of {len(drawn.cases)}), "
                f"{len(found.exchanges)} exchanges in {sending:.1f} s, {sending / least:.2f} times {least:.1f} s\n"
            )


if __name__ == "__main__":
    main()
