"""Keeps failing cases in files, so that later runs send them again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from conformance.contract.load import load_api
from conformance.exchange.har import HarError, read, to_entry
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.probes.registry import Probe
from conformance.probes.resending import CannotResend, effect_of, model_of, operation_of, rebased, repeated
from conformance.report import Verdict
from conformance.usage import UsageTrouble, base_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange, Request
    from conformance.probes.call import Calls
    from conformance.probes.target import Target
    from conformance.report import Report, Result

_EXPECTED = ("_requirement", "_api", "_base_url", "_model")
"""The members of `log` that say what the exchanges are kept for."""
_ANYWHERE = "http://kept"
"""The base URL for which the name of a file is made, whatever target the request was sent to."""


@dataclass(frozen=True)
class _Recorded:
    """The exchanges of a run by id, and what they were recorded with."""

    api: Api
    base_url: str
    exchanges: Mapping[str, Exchange]

    @cached_property
    def model(self) -> str:
        """The model that was asked."""
        return model_of(self.api, self.exchanges.values(), self.base_url)

    def smallest(self, result: Result) -> list[tuple[str, str]]:
        """Return the exchange with the smallest request in each operation that is broken, with the request's digest."""
        found: dict[str, tuple[int, str, str]] = {}
        for name in dict.fromkeys(finding.exchange for finding in result.findings):
            if exchange := self.exchanges.get(name):
                request = exchange.request
                operation = operation_of(self.api, request, self.base_url)
                size = (len(request.url) + len(request.body), self._digest(request), name)
                where = operation.id if operation else ""
                found[where] = min(found.get(where, size), size)
        return [(name, digest) for _, digest, name in found.values()]

    def shown(self, result: Result, name: str) -> Sequence[Exchange]:
        """Return the exchanges that show a finding: its own where that is enough, else all of its probe.

        The end of a probe that changes the deployment leaves it as it was, so it is kept whole.
        """
        probe = name.rpartition(".")[0]
        whole = [e for each, e in self.exchanges.items() if each.rpartition(".")[0] == probe]
        if any(effect_of(self.api, each.request, self.base_url) == "configure" for each in whole):
            return whole
        known = [e for each, e in self.exchanges.items() if each == name or each.startswith("discovery.")]
        (alone,) = judge_all(
            self.api,
            known,
            base_url=self.base_url,
            selected={result.requirement.id},
            circumstances=Circumstances(optional={operation.optional for operation in self.api.operations}),
        )
        is_enough = any(finding.exchange == name for finding in alone.findings)
        return [self.exchanges[name]] if is_enough else whole

    def _digest(self, request: Request) -> str:
        """Return eight digits for what a request asks, the same for every target, model and release of the suite."""
        try:
            url = rebased(request.url, self.base_url, _ANYWHERE + self.api.profile.base_path)
        except CannotResend:
            url = request.url
        fields = sorted([name.lower(), value] for name, value in request.headers if name.lower() != "user-agent")
        head = json.dumps([request.method, url, fields]).encode()
        body = request.body.replace(json.dumps(self.model).encode(), b"") if self.model else request.body
        return hashlib.sha256(head + b"\n" + body).hexdigest()[:8]


def keep(directory: Path, report: Report, exchanges: Mapping[str, Exchange]) -> list[Path]:
    """Write each failing case that is not there yet as a HAR file; returns the new files.

    There is one a requirement and operation, of the smallest request. `exchanges` are those of the run, by id,
    credentials taken out.

    Raises:
        UsageTrouble: a file cannot be written.
    """
    run = _Recorded(load_api(report.api), report.target, exchanges)
    broken = [result for result in report.results if result.verdict in {Verdict.FAIL, Verdict.WARN}]
    written = []
    for result in broken:
        for name, digest in run.smallest(result):
            path = directory / run.api.id / f"{result.requirement.id}-{digest}.har"
            if not path.exists():
                said = (result.requirement.id, run.api.id, run.base_url, run.model)
                _write(path, dict(zip(_EXPECTED, said, strict=True)), run.shown(result, name))
                written.append(path)
    return written


def kept(directory: Path, api: Api) -> list[Probe]:
    """Return a probe for each failing case of an API that is kept; none where nothing was kept yet.

    A probe sends the requests of its case in order, and none that the flags of the run do not allow or that cannot be
    written for the target.

    Raises:
        UsageTrouble: a file cannot be read, or is none of these.
    """
    if directory.exists() and not directory.is_dir():
        raise UsageTrouble(f"{directory} is no folder: failures are kept in one")
    try:
        files = sorted((directory / api.id).glob("*.har"))
        return [_probe(file, api) for file in files]
    except OSError as error:
        raise UsageTrouble(f"cannot read {error.filename or directory}: {error.strerror}") from error


def _write(path: Path, said: Mapping[str, str], exchanges: Sequence[Exchange]) -> None:
    log: dict[str, Any] = {
        "version": "1.2",
        "creator": {"name": "llm-conformance", "version": version("llm-conformance")},
        **said,
        "entries": [to_entry(exchange) for exchange in exchanges],
    }
    text = json.dumps({"log": log}, ensure_ascii=False, indent=1).encode(errors="backslashreplace")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(text + b"\n")
        beside.replace(path)
    except OSError as error:
        raise UsageTrouble(f"cannot write {path}: {error.strerror}") from error


def _probe(file: Path, api: Api) -> Probe:
    try:
        exchanges = read(file)
    except HarError as error:
        raise UsageTrouble(str(error)) from error
    log = json.loads(file.read_text(encoding="utf-8-sig"))["log"]
    said = {name: log[name] for name in _EXPECTED if isinstance(log.get(name), str)}
    if missing := next((name for name in _EXPECTED if name not in said), ""):
        raise UsageTrouble(f"{file} keeps no failure: log.{missing} is missing or no text")
    if said["_api"] != api.id:
        raise UsageTrouble(f"{file} keeps a failure of {said['_api']!r}, but lies in the folder of {api.id}")
    start = partial(_sent, exchanges, said["_base_url"], said["_model"])
    try:
        base_url(said["_base_url"])
    except UsageTrouble as trouble:
        raise UsageTrouble(f"{file}: log._base_url: {trouble}") from trouble
    if not exchanges:
        raise UsageTrouble(f"{file} keeps no failure: it holds no exchange")
    return Probe(f"kept.{file.stem}", f"Sends again what broke {said['_requirement']}.", start)


def _sent(exchanges: Sequence[Exchange], base: str, model: str, target: Target) -> Calls:
    for exchange in exchanges:
        operation = operation_of(target.api, exchange.request, base)
        if operation is None or target.may_send(operation):
            try:
                call = repeated(target, exchange, base, model)
            except CannotResend:
                continue
            if target.configure or call.effect != "configure":
                yield call
