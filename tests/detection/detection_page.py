"""Writes the measurement of detection as a page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from measure import Case

    from conformance.contract.bugs import Bug

_HEAD = """# Detection

What the suite finds, measured on the bundled server: each deviation breaks one thing, each legal variation is
unusual and allowed. Faults below HTTP are judged over real loopback connections, all others in the same process in
virtual time, which gives the same verdicts (`tests/test_played.py`). *Found* means that a requirement that the
deviation names broke, *right name* that all of them did, *false alarm* that another must or should broke. `tox -e
detection` measures again, and fails where a fault is missed or a false alarm appears; `detection.json` beside this
page has every case with the requests and output tokens that it took.
"""


def page(cases: Sequence[Case], known: Mapping[str, Bug]) -> str:
    """Return the page: totals by API, the coverage of the known bug classes, every fault, every legal variation."""
    return "\n".join([_HEAD, *_totals(cases), *_coverage(cases, known), *_faults(cases), *_legal(cases)]) + "\n"


def _totals(cases: Sequence[Case]) -> list[str]:
    lines = [
        "## Totals\n",
        "| API | faults | found | right name | of these must | legal variations | false alarms | requests a run |",
    ]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for api in sorted({case.api for case in cases}):
        own = [case for case in cases if case.api == api]
        faults = [case for case in own if not case.legal]
        must = [case for case in faults if case.must]
        requests = sorted(case.requests for case in own)
        lines.append(
            f"| {api} | {len(faults)} | {sum(c.found for c in faults)} | {sum(c.named for c in faults)} |"
            f" {sum(c.named for c in must)} of {len(must)} | {len(own) - len(faults)} |"
            f" {sum(bool(c.alarms) for c in own)} | {requests[len(requests) // 2]} |"
        )
    return [*lines, ""]


def _coverage(cases: Sequence[Case], known: Mapping[str, Bug]) -> list[str]:
    shown = {slug for case in cases for slug in case.bugs}
    groups = sorted({bug.group for bug in known.values()})
    kinds = ("judged", "noted", "not-applicable", "not-observable")
    lines = ["## Known bug classes\n", f"| group | classes | {' | '.join(kinds)} | with a deviation |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for group in groups:
        own = [bug for bug in known.values() if bug.group == group]
        counts = Counter(bug.disposition for bug in own)
        numbers = " | ".join(str(counts[kind]) for kind in kinds)
        lines.append(f"| {group} | {len(own)} | {numbers} | {sum(bug.slug in shown for bug in own)} |")
    counts = Counter(bug.disposition for bug in known.values())
    numbers = " | ".join(str(counts[kind]) for kind in kinds)
    lines.append(f"| all | {len(known)} | {numbers} | {len(shown & set(known))} |")
    return [*lines, ""]


def _faults(cases: Sequence[Case]) -> list[str]:
    lines = [
        "## Faults\n",
        "| deviation | what it does | API | requirements | found | right name | requests | output tokens |",
    ]
    lines.append("| --- | --- | --- | --- | --- | --- | ---: | ---: |")
    lines += [
        f"| `{case.deviation}` | {case.sentence} | {case.api} | {', '.join(case.expected)} | {_yes(case.found)} |"
        f" {_yes(case.named)} | {case.requests} | {case.output_tokens} |"
        for case in cases
        if not case.legal
    ]
    return [*lines, ""]


def _legal(cases: Sequence[Case]) -> list[str]:
    lines = ["## Legal variations\n", "| variation | what it does | APIs | false alarms |", "| --- | --- | --- | --- |"]
    for name in dict.fromkeys(case.deviation for case in cases if case.legal):
        own = [case for case in cases if case.deviation == name]
        alarms = sorted({f"{case.api}: {row}" for case in own for row in case.alarms})
        lines.append(
            f"| `{name}` | {own[0].sentence} | {', '.join(c.api for c in own)} | {', '.join(alarms) or 'none'} |"
        )
    return lines


def _yes(value: bool) -> str:
    return "yes" if value else "**no**"
