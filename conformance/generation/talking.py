"""Plans of conversations with a target, drawn as walks of a state machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from conformance.generation.drawing import BACKEND
from conformance.generation.texts import plain_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

Way = Literal["ask", "go on", "repeat", "stream", "look", "forget"]

AGAIN: tuple[Way, ...] = ("repeat", "stream")
STEPS = 6
"""Steps of a plan at most."""


@dataclass(frozen=True)
class Step:
    """One thing to do in a conversation.

    `ask` says a text, `go on` says one after the target's own answer has been added to the conversation, `repeat` sends
    the last request again, `stream` sends it as a stream (or whole, if it was one), `look` reads what can be read of
    the service, `forget` begins a new conversation.
    """

    way: Way
    text: str = ""


class Talk(RuleBasedStateMachine):
    """Walks that make sense: nobody goes on before an answer, or repeats before a question."""

    plans: list[tuple[Step, ...]]

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self._asked = False
        self._turns = 0

    @precondition(lambda self: not self._asked)
    @rule(text=plain_texts())
    def ask(self, text: str) -> None:
        """Say something."""
        self._steps.append(Step("ask", text))
        self._asked = True

    @precondition(lambda self: self._asked and self._turns < 2)  # no longer talk is promised an answer
    @rule(text=plain_texts())
    def go_on(self, text: str) -> None:
        """Say something after the target's own answer."""
        self._steps.append(Step("go on", text))
        self._turns += 1

    @precondition(lambda self: self._asked)
    @rule(way=st.sampled_from(AGAIN))
    def again(self, way: Way) -> None:
        """Send the last request once more."""
        self._steps.append(Step(way))

    @rule()
    def look(self) -> None:
        """Read what can be read."""
        self._steps.append(Step("look"))

    @precondition(lambda self: self._asked)
    @rule()
    def forget(self) -> None:
        """Begin anew."""
        self._steps.append(Step("forget"))
        self._asked, self._turns = False, 0

    def teardown(self) -> None:
        """Keep the plan."""
        self.plans.append(tuple(self._steps))


def plans(most: int, seed: int) -> Iterable[tuple[Step, ...]]:
    """Return up to so many different plans, each with something that is sent."""
    if most < 1:
        return []
    machine: type[Talk] = type("Talk", (Talk,), {"plans": []})
    how = settings(
        backend=BACKEND,
        max_examples=2 * most,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seeded(seed)(machine), settings=how)
    worth = [plan for plan in machine.plans if sum(step.way not in {"look", "forget"} for step in plan) > 1]
    return list(dict.fromkeys(worth))[:most]
