"""The signs and words of verdicts, so that none is told by its colour alone."""

from __future__ import annotations

from conformance.report import Verdict

SYMBOLS = {
    str(Verdict.ERROR): "‼",
    str(Verdict.FAIL): "✗",
    str(Verdict.WARN): "!",
    str(Verdict.UNTESTED): "?",
    str(Verdict.NOT_APPLICABLE): "–",
    str(Verdict.NOTE): "i",
    str(Verdict.PASS): "✓",
}
"""One sign a verdict."""

WORDS = {
    str(Verdict.ERROR): "the suite itself is at fault",
    str(Verdict.FAIL): "a must is broken",
    str(Verdict.WARN): "a should is broken",
    str(Verdict.UNTESTED): "it could not be judged",
    str(Verdict.NOT_APPLICABLE): "not offered, or not allowed by an option",
    str(Verdict.NOTE): "a may that does not hold, never counted",
    str(Verdict.PASS): "kept wherever it was judged",
}
"""What a verdict says."""
