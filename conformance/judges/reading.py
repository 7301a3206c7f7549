"""One exchange as judges see it: parsed once, and known by what its request asks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.exchange.model import INVALID_CREDENTIAL, NO_SUCH_MODEL, Ending, Unseen
from conformance.judges.features import features
from conformance.judges.values import MISSING, at
from conformance.report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract.model import Api, Level, Operation
    from conformance.exchange.model import Exchange

Shown = Literal["valid", "invalid", "none", "unknown"]

WHOLE = ("max_tokens", "max_completion_tokens", "n", "seed", "top_n", "top_logprobs")
"""Words whose value is a whole number: JSON Schema takes 6.0 for one, many a server does not."""
LIMITED = frozenset({429, 503})

Said = TypeVar("Said")


def once(function: Callable[[Reading], Said]) -> Callable[[Reading], Said]:
    """Make a function of a reading work out what it returns once for each reading."""

    @wraps(function)
    def remembered(reading: Reading) -> Said:
        if function not in reading.known:
            reading.known[function] = function(reading)
        return cast("Said", reading.known[function])

    return remembered


class Reading:
    """An exchange with what it says: which operation it is of, what was sent, what was answered."""

    def __init__(self, exchange: Exchange, api: Api, base_url: str = "") -> None:
        self.exchange = exchange
        self.api = api
        self.known: dict[object, Any] = {}
        self.cap_word = "max_tokens"
        """The profile's word for the cap on output tokens that plain requests to this target say."""
        self._words: dict[str, Any] = {}
        self._base_path = urlsplit(base_url).path.rstrip("/") if base_url else None

    # the request

    @cached_property
    def _recognised(self) -> tuple[Operation | None, dict[str, str]]:
        method, path = self.exchange.request.method, urlsplit(self.exchange.request.url).path
        if self._base_path is not None:
            below = self.path
            found = self.api.recognise(method, below) if below is not None else None
            return found or (None, {})
        starts = [i for i, character in enumerate(path) if character == "/"]
        tails = (self.api.recognise(method, path[i:]) for i in starts)
        return next((found for found in tails if found), (None, {}))

    @cached_property
    def path(self) -> str | None:
        """The path below the base URL; None if the request went elsewhere, or the base URL is not known."""
        path = urlsplit(self.exchange.request.url).path
        if self._base_path is None or not path.startswith(f"{self._base_path}/"):
            return None
        return path[len(self._base_path) :]

    @property
    def operation(self) -> Operation | None:
        """The operation that the request is of; None for an undocumented path or method."""
        return self._recognised[0]

    @property
    def path_parameters(self) -> dict[str, str]:
        """The decoded parameters of the path."""
        return self._recognised[1]

    @cached_property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; of a repeated one, the last."""
        return dict(parse_qsl(urlsplit(self.exchange.request.url).query, keep_blank_values=True))

    @cached_property
    def sent_text(self) -> jsontext.Json:
        """The request body read as JSON text."""
        return jsontext.parse(self.exchange.request.body)

    @property
    def sent(self) -> Any:  # noqa: ANN401 - any JSON value
        """The JSON value that was sent, or MISSING where the body is no JSON text."""
        return self.sent_text.value if self.sent_text.ok else MISSING

    def word(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what the request says for one of the profile's words (model, stream, …), or MISSING."""
        if name not in self._words:
            pointer = self.operation.request.get(name) if self.operation else None
            self._words[name] = at(self.sent, pointer) if pointer else MISSING
        return self._words[name]

    @cached_property
    def credential(self) -> Shown:
        """Whether the request presents a credential, or the public wrong one; where that is unseen, success tells."""
        values = [self.exchange.request.header(way.header) or "" for way in self.api.profile.credentials]
        if any(INVALID_CREDENTIAL in value for value in values):
            return "invalid"
        shown = any(value.strip() for value in values)
        hidden = Unseen.CREDENTIAL if shown else Unseen.REQUEST_HEAD
        if hidden in self.exchange.unseen and (not shown or self.status in {401, 403}):
            return "valid" if self.succeeded else "unknown"
        return "valid" if shown else "none"

    @cached_property
    def features(self) -> frozenset[str]:
        """What is special about the request; empty for a plain one."""
        return features(self)

    @property
    def asks_stream(self) -> bool:
        """Whether the documents say that this request is answered with a stream."""
        if self.operation is None or self.operation.streams == "never":
            return False
        return self.operation.streams == "always" or self.word("stream") is True

    @cached_property
    def proper(self) -> bool:
        """Whether the documents promise to answer this request: documented, well-formed, with a valid credential."""
        return self.credential == "valid" and not self.missing_companions and self.sound

    @cached_property
    def sound(self) -> bool:
        """Whether the documents promise to answer this request, if it comes with all that it must carry in its head."""
        if self.operation is None or not self._proper_parameters():
            return False
        return not self.operation.has_body or self._proper_body(self.operation)

    @property
    def missing_companions(self) -> list[str]:
        """The header fields that every request carries beside the credential and this one does not."""
        hidden = Unseen.REQUEST_HEAD in self.exchange.unseen
        companions = () if hidden else self.api.profile.companions
        return [c.header for c in companions if not self.exchange.request.header(c.header)]

    def _proper_body(self, operation: Operation) -> bool:
        media_type = (self.exchange.request.header("content-type") or "").partition(";")[0].strip().lower()
        if media_type in _documented_types(self.api, operation) - {"application/json"}:
            return bool(self.exchange.request.body)
        if media_type != "application/json" or not self.sent_text.ok or self.sent_text.duplicate_keys:
            return False
        if NO_SUCH_MODEL in [self.word("model"), *self.path_parameters.values()]:
            return False
        if self.sent_text.lone_surrogates or any(isinstance(self.word(name), float) for name in WHOLE):
            return False
        return self.api.schemas.valid(operation.promise, self.sent)

    def _proper_parameters(self) -> bool:
        if NO_SUCH_MODEL in self.path_parameters.values():
            return False
        if self.misdated or not self._demanded_query <= self.query.keys():
            return False
        today = datetime.fromtimestamp(self.exchange.started, UTC).date()
        return not self.exchange.started or all(day <= today for day in self._days if day)

    @property
    def _days(self) -> list[date | None]:
        return [_day(self.query[name]) for name in ("start_date", "end_date") if name in self.query]

    @property
    def misdated(self) -> bool:
        """Whether the query has a day of another form than YYYY-MM-DD, or a period that ends before it starts."""
        days = self._days
        return None in days or days != sorted(days, key=str)

    @property
    def _demanded_query(self) -> set[str]:
        """The names of the query parameters that the operation requires."""
        if self.operation is None:
            return set()
        item = self.api.openapi["paths"].get(self.operation.path, {})
        said = [*item.get("parameters", ()), *item.get(self.operation.method.lower(), {}).get("parameters", ())]
        resolved = (self.api.resolve(parameter) for parameter in said)
        return {each["name"] for each in resolved if each.get("in") == "query" and each.get("required")}

    # the response

    @property
    def answered(self) -> bool:
        """Whether at least a response head came back."""
        return self.exchange.response is not None

    @property
    def status(self) -> int:
        """The status of the response, 0 where there is none."""
        return self.exchange.status or 0

    @property
    def succeeded(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the status is 4xx, rate limiting apart."""
        return 400 <= self.status < 500 and self.status != 429

    @property
    def limited(self) -> bool:
        """Whether the target was busy rather than unwilling: 429 or 503, after all waiting."""
        return self.status in LIMITED

    @property
    def whole(self) -> bool:
        """Whether the exchange ran to its end."""
        return self.exchange.ending is Ending.COMPLETE

    @property
    def body(self) -> bytes:
        """The content of the response, empty where there is none."""
        return self.exchange.response.body if self.exchange.response else b""

    @property
    def media_type(self) -> str:
        """The declared media type of the response, without parameters."""
        return self.exchange.response.media_type if self.exchange.response else ""

    def header(self, name: str) -> str | None:
        """Return the first value of a response header field, or None."""
        return self.exchange.response.header(name) if self.exchange.response else None

    @cached_property
    def is_stream(self) -> bool:
        """Whether the response is an event stream, by its declared type or by its look."""
        if not self.succeeded:
            return False
        framed = any(line.startswith(b"data:") for line in self.body[:4096].splitlines())
        return self.media_type == "text/event-stream" or (framed and not self.answer_text.ok)

    @cached_property
    def answer_text(self) -> jsontext.Json:
        """The response body read as JSON text."""
        return jsontext.parse(self.body)

    @property
    def answer(self) -> Any:  # noqa: ANN401 - any JSON value
        """The JSON value of a response that is no stream, or MISSING."""
        return self.answer_text.value if not self.is_stream and self.answer_text.ok else MISSING

    @cached_property
    def stream(self) -> eventstream.EventStream:
        """The response body read as an event stream."""
        return eventstream.parse(decoded_pieces(self.exchange.response) if self.exchange.response else ())

    @cached_property
    def event_texts(self) -> list[tuple[eventstream.Event, jsontext.Json]]:
        """Each event with its data read as JSON text."""
        return [(event, jsontext.parse(event.data)) for event in self.stream.events]

    @cached_property
    def chunks(self) -> list[tuple[int, Any]]:
        """The JSON value of each event, with the event's number; an event that is no JSON text is left out."""
        return [(event.number, text.value) for event, text in self.event_texts if text.ok]

    @cached_property
    def about_model(self) -> bool:
        """Whether a refusal speaks of the model, so that it says nothing about the operation."""
        return self.refused and (b"model" in self.body.lower() and not self._bare_not_found)

    @property
    def _bare_not_found(self) -> bool:
        model = self.word("model")
        named = isinstance(model, str) and model.encode() in self.body
        return self.status in {404, 405, 501} and not named and b"model_not" not in self.body.lower()

    # findings

    def finding(
        self, message: str, expected: str = "", actual: str = "", where: str = "", level: Level | None = None
    ) -> Finding:
        """Return a finding in this exchange."""
        return Finding(message, expected, actual, where, self.exchange.id, level)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _documented_types(api: Api, operation: Operation) -> set[str]:
    said = api.openapi["paths"][operation.path][operation.method.lower()]
    return set(api.resolve(said.get("requestBody", {})).get("content", {}))
