"""A dialect: one API's paths, admission, operations and error format, made into a function that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reference.answer import Answer
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.reference.answer import Incoming, Respond
    from conformance.reference.routes import Routes


@dataclass(frozen=True)
class Terms:
    """What a server is run with: the key it takes, the seconds before each answer and before each token."""

    api_key: str
    latency: float = 0.0
    seconds_per_token: float = 0.0


@dataclass(frozen=True)
class Dialect:
    """One API.

    `admit` refuses a request before its operation is looked at, `refuse` words a refusal, `dress` adds what every
    answer carries.
    """

    api: str
    routes: Routes
    admit: Callable[[Incoming], None]
    handlers: Mapping[str, Callable[[Incoming], Answer]]
    refuse: Callable[[Refusal], Answer]
    dress: Callable[[Answer], Answer] = lambda answer: answer

    def answering(self, terms: Terms) -> Respond:
        """Return the server of this dialect as a function."""

        def respond(incoming: Incoming) -> Answer:
            try:
                answer = self._answer(incoming)
            except Refusal as refusal:
                answer = self.refuse(refusal)
                answer.headers |= refusal.headers
            answer.delay = terms.latency
            return self.dress(answer)

        return respond

    def _answer(self, incoming: Incoming) -> Answer:
        allowed = self.routes.methods(incoming.path)
        if incoming.method == "OPTIONS" and allowed:  # RFC 9110 § 9.3.7: asks what is possible, needs no key
            return Answer(204, {"Allow": ", ".join(allowed)})
        self.admit(incoming)
        if not allowed:
            raise Refusal(404, "There is nothing at this path.", "unknown-path")
        handle = self.handlers.get(incoming.operation)
        if handle is None:
            text = f"This path takes {', '.join(allowed)}."
            raise Refusal(405, text, "method", headers={"Allow": ", ".join(allowed)})
        return handle(incoming)
