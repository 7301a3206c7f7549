"""A client for tests: sends requests to a target, keeps what crossed the wire, judges it by all that applies."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from conformance.contract.model import Operation
from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.exchange.model import INVALID_CREDENTIAL, Ending, Exchange
from conformance.judges.reading import Reading
from conformance.probes.asking import ask
from conformance.probes.discovery import trouble
from conformance.probes.target import written
from conformance.recorded import judge_recorded
from conformance.report import Verdict
from conformance.suite.sending import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.probes.call import Call
    from conformance.probes.target import Target
    from conformance.report import Report, Result
    from conformance.run import Run

NOTHING = object()
"""Stands for a JSON value that was not given: None is one."""

_BROKEN = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.ERROR})
_FACTS = [each.name for each in fields(Exchange)]
_NEVER_SENT = frozenset({"LocalProtocolError", "InvalidURL", "UnsupportedProtocol", "UnicodeEncodeError"})
"""Faults of what was asked for: no server has seen it."""


class CannotAsk(Exception):  # noqa: N818 - nothing is known of the target
    """A request that cannot be written or sent; the message says why, and what to do."""


@dataclass(frozen=True)
class JudgedExchange(Exchange):
    """An exchange, credentials redacted, with what a test asks of it."""

    judge: Callable[[str], tuple[Result, ...]] = field(default=lambda _: (), repr=False, compare=False)

    @property
    def body(self) -> bytes:
        """The bytes of the answer, a gzip or deflate coding undone; empty where there was none."""
        return self.response.body if self.response else b""

    @property
    def text(self) -> str:
        """The answer as text, U+FFFD where it is not UTF-8."""
        return self.body.decode(errors="replace")

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The JSON value of the answer, None where it is no JSON text (RFC 8259)."""
        return jsontext.parse(self.body).value

    @property
    def events(self) -> tuple[eventstream.Event, ...]:
        """The events of the answer read as an event stream (WHATWG HTML § 9.2.6); `data` is the text of each."""
        return eventstream.parse(decoded_pieces(self.response) if self.response else ()).events

    @property
    def findings(self) -> tuple[Result, ...]:
        """The broken requirements that show in this exchange, each with its findings in it."""
        return self.judge(self.id)


class JudgedClient:
    """Sends what a test asks for to one target, and nowhere else; may be used by several threads.

    `discovered` keeps, for all clients of a session, which model a target is asked for. Used as a context.
    """

    def __init__(self, run: Run, discovered: dict[tuple[str, ...], Target] | None = None) -> None:
        self.target = run.target
        self._run = run
        # Curl lines take the key from where this run took it.
        self._api = replace(run.api, profile=replace(run.api.profile, key_env=run.key_env))
        self._discovered = {} if discovered is None else discovered
        self._line = Line(run)
        self._lock = threading.Lock()
        self._judged: tuple[int, Report | None] = (0, None)
        self.excepted: set[str] = set()
        """The requirements that the test excepts."""
        self.exchanges: list[JudgedExchange] = []
        """All that was sent and is judged, in the order in which it ended."""

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(self, *trouble: object) -> None:
        self._line.__exit__(*trouble)

    def get(self, path: str, *, headers: Mapping[str, str | None] | None = None) -> JudgedExchange:
        """Send a GET, as `request` does."""
        return self.request("GET", path, headers=headers)

    def post(
        self,
        path: str,
        *,
        json: Any = NOTHING,  # noqa: ANN401 - any JSON value
        content: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> JudgedExchange:
        """Send a POST, as `request` does."""
        return self.request("POST", path, json=json, content=content, headers=headers)

    stream = post
    """All of a stream is read, so it is a post."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = NOTHING,  # noqa: ANN401
        content: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> JudgedExchange:
        """Send a request to a path below the base URL, with the key of the target, and return all that came back.

        `headers` replace those that the target is sent; None leaves one out. What carries a credential of the test's
        own is not judged, because only the test knows whether it is a valid one; `INVALID_CREDENTIAL` is known.

        Raises:
            CannotAsk: it cannot be written.
            NotSent: it changes the deployment and is not allowed, or the budget is spent.
        """
        if not path.startswith("/"):
            raise CannotAsk(f"{path!r} is no path below {self.target.base_url}: it begins with a slash")
        if json is not NOTHING and content is not None:
            raise CannotAsk("a request has json or content, not both")
        body = content if json is NOTHING else json if isinstance(json, dict) else written(json)
        found = self._api.recognise(method, path.partition("?")[0])
        operation = found[0] if found else Operation("", method, path, "read", "")
        said = dict(headers or {})
        call = self.target.call(
            replace(operation, method=method, path=path),
            body,
            headers=tuple((name, value) for name, value in said.items() if value is not None),
        )
        dropped = {name.lower() for name, value in said.items() if value is None}
        return self._send(replace(call, headers=tuple(h for h in call.headers if h[0].lower() not in dropped)))

    def chat(self, prompt: str, *, stream: bool = False, **words: Any) -> JudgedExchange:  # noqa: ANN401
        """Ask a model in the API's own words: a short answer at temperature 0, where `words` say nothing else.

        `words` are the profile's (`model`, `messages`, `max_tokens`, `top_p`, …). The model is the one that was named,
        else the first usable one, which is asked for a word once a session to find out what it takes.

        Raises:
            CannotAsk: the API has no such chat or word, or the target no usable model.
            NotSent: the budget is spent.
        """
        wanted = {"on-request", "always"} if stream else {"never", "on-request"}
        operation = next((o for o in self.target.of_kind("chat") if o.streams in wanted), None)
        if operation is None:
            raise CannotAsk(f"{self._api.id} has no chat that answers {'with a stream' if stream else 'at once'}")
        if unknown := sorted(set(words) - set(operation.request)):
            raise CannotAsk(f"a chat of {self._api.id} has no {unknown[0]!r}: it has {', '.join(operation.request)}")
        asked = self._informed() if words.get("model") is None else self.target
        if stream and operation.streams == "on-request":
            words["stream"] = True
        return self._send(asked.call(operation, ask(asked, operation, prompt, **words)))

    def allow(self, *requirements: str) -> None:
        """Except requirements: their findings neither fail the test nor warn.

        Raises:
            CannotAsk: the API has no such requirement.
        """
        for name in requirements:
            if all(name != row.id for row in self._api.requirements):
                raise CannotAsk(f"{self._api.id} has no requirement {name!r}: `llm-conformance list requirements`")
        self.excepted.update(requirements)

    def report(self) -> Report:
        """Return the report on everything sent until now, what is excepted included."""
        with self._lock:
            sent, report = len(self.exchanges), self._judged[1]
            if report is None or self._judged[0] != sent:
                report = judge_recorded(
                    self._api, self.exchanges, base_url=self.target.base_url, strict=self._run.strict
                )
                self._judged = (sent, report)
            return report

    def findings(self, exchange: str = "") -> tuple[Result, ...]:
        """Return each must and should that is broken until now, with its findings, all or those of one exchange."""
        if not self.exchanges or self.trouble:
            return ()
        refused = {e.id for e in self.exchanges if self._is_refused(e)}
        found = []
        for result in self.report().results:
            if result.verdict in _BROKEN and result.requirement.id not in self.excepted:
                here = (f for f in result.findings if exchange in {"", f.exchange})
                kept = tuple(f for f in here if f.where != "status" or f.exchange not in refused)
                if kept or (result.verdict is Verdict.ERROR and not exchange):
                    found.append(replace(result, findings=kept))
        return tuple(found)

    def _is_refused(self, exchange: Exchange) -> bool:
        """Tell whether a request with the key was refused; only a run's own requests tell for which reason."""
        reading = Reading(exchange, self._api, self.target.base_url)
        return reading.refused and reading.credential == "valid"

    @property
    def trouble(self) -> str:
        """Why nothing of what was sent tells anything of the target, or an empty text."""
        own = [e for e in self.exchanges if Reading(e, self._api).credential == "valid"]
        if all(e.status in {401, 403} or e.ending is Ending.REFUSED for e in own):
            return trouble(self.target, list(own))
        return ""

    def _informed(self) -> Target:
        known = (self._api.id, self.target.base_url, self.target.key, self.target.model)
        with self._lock:
            if known not in self._discovered:
                found = self._line.discover()
                if found.trouble:
                    raise CannotAsk(found.trouble)
                self._discovered[known] = found.target
        informed = self._discovered[known]
        if not informed.model:
            raise CannotAsk("no usable model is listed; --llm-model names one")
        return informed

    def _send(self, call: Call) -> JudgedExchange:
        raw = self._line.send(call)
        if raw.response is None and raw.detail.partition(":")[0] in _NEVER_SENT:
            raise CannotAsk(f"the request cannot be sent: {raw.detail}")
        exchange = JudgedExchange(**{name: getattr(raw, name) for name in _FACTS}, judge=self.findings)
        if not self._is_strange(call):
            with self._lock:
                self.exchanges.append(exchange)
        return exchange

    def _is_strange(self, call: Call) -> bool:
        """Tell whether a credential or companion is the test's own: neither the target's nor the known wrong one."""
        ways = {way.header.lower() for way in self._api.profile.credentials}
        standing = {name.lower(): value for name, value in self.target.headers}
        for name, value in ((n.lower(), v) for n, v in call.headers if v.strip()):
            if name in ways and self.target.key not in value and INVALID_CREDENTIAL not in value:
                return True
            if name not in ways and standing.get(name, value) != value:
                return True
        return False
