"""A run against the recordings of a run has the same verdicts."""

from __future__ import annotations

import threading

import pytest

from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.recorded import judge_recorded
from conformance.reference.listener import listening_socket
from conformance.reference.playback.reading import shelf
from conformance.reference.playback.server import PlaybackServer, Playing
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings, base_path
from conformance.run import execute
from conformance.settings import runs


def judged(api, url, recording):
    known = load_api(api)
    with runs([api], target=url, key=DEFAULT_KEY, configure=True) as found:
        report, _ = execute(found[0], {row.id for row in known.requirements}, recording=recording)
    return verdicts(report), verdicts(judge_recorded(known, read(recording), base_url=url))


def verdicts(report):
    return {result.requirement.id: result.verdict for result in report.results}


@pytest.mark.parametrize(
    ("api", "deviations"),
    [("genos", ("any-credential-taken",)), ("openai", ("wire-chunk-size-invalid",))],
)
def test_played_run_is_judged_as_the_recorded_one(api, deviations, tmp_path):
    """Every request of a second run is found, and every requirement has the verdict of the first, live and judged."""
    with ReferenceServer(Settings(apis=(api,), deviations=deviations)) as server:
        live = judged(api, server.url(api), tmp_path / "live.har")
    recordings = shelf([tmp_path / "live.har"])
    player = PlaybackServer(recordings, Playing())
    listening = listening_socket(0, "127.0.0.1")
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=player.run, args=([listening],), daemon=True)
    thread.start()
    try:
        played = judged(api, address + base_path(api), tmp_path / "played.har")
    finally:
        player.stop()
        thread.join()

    assert recordings.unmatched == 0
    assert len(recordings.played) > 50
    assert played == live
