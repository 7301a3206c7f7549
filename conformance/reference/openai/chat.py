"""Reads a chat completion request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.reference.engine.generation import LONGEST_ANSWER, Task, generate
from conformance.reference.engine.structured import UnanswerableError
from conformance.reference.engine.turns import prompt_tokens, question
from conformance.reference.openai.messages import conversation
from conformance.reference.openai.options import answer_form, chosen_tools, stop_texts
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.engine.generation import Generated
    from conformance.reference.engine.turns import Turn
    from conformance.reference.fields import Fields

MOST_ANSWERS = 8
"""Answers to one request, where an API does not say how many there may be."""
_MOST_TOKENS = MOST_ANSWERS * LONGEST_ANSWER
"""Tokens of all answers to one request together."""
_MOST_ALTERNATIVES = 20


@dataclass(frozen=True)
class ChatRequest:
    """A chat request that was understood: the task, how many answers, whether they are streamed.

    `alternatives` is how many tokens are told beside the log probability of each one; None tells no probabilities.
    `most_tokens` bounds all answers together.
    """

    task: Task
    answers: int = 1
    stream: bool = False
    include_usage: bool = False
    alternatives: int | None = None
    most_tokens: int = _MOST_TOKENS

    def generated(self) -> tuple[Generated, ...]:
        """Return the answers, in the order of their index.

        Raises:
            Refusal: the wanted schema cannot be answered.
        """
        most = max(1, self.most_tokens // self.answers)
        task = replace(self.task, cap=most if self.task.cap is None else min(self.task.cap, most))
        try:
            return tuple(generate(task, index) for index in range(self.answers))
        except UnanswerableError as error:
            name = "tools" if self.task.tools else "response_format"
            raise Refusal(400, f"The JSON Schema in '{name}' cannot be answered: {error}.", "schema", name) from error

    @property
    def prompt_tokens(self) -> int:
        """The tokens of the conversation that was sent."""
        return prompt_tokens(self.task.turns)


def chat_request(request: Fields, *, lenient: bool = False, most_answers: int = MOST_ANSWERS) -> ChatRequest:
    """Read a chat request; `lenient` takes what OpenAI bounds more narrowly (penalties, stop texts, ill-formed tools).

    Raises:
        Refusal: 400 naming the field that is missing, of another type or out of range.
    """
    return options(request, model_name(request), conversation(request), lenient=lenient, most_answers=most_answers)


def model_name(request: Fields) -> str:
    """Return the model asked for; it is required."""
    request.required("model")
    return request.text("model") or ""


def options(
    request: Fields,
    model: str,
    turns: tuple[Turn, ...],
    *,
    lenient: bool = False,
    most_answers: int = MOST_ANSWERS,
) -> ChatRequest:
    """Read everything of a request but its model and its messages."""
    _sampling(request, lenient=lenient)
    caps = [cap for name in ("max_tokens", "max_completion_tokens") if (cap := request.integer(name, low=1))]
    further = request.object("stream_options")
    task = Task(
        model,
        turns,
        cap=min(caps, default=None),
        stops=stop_texts(request, lenient=lenient),
        seed=request.integer("seed"),
        form=answer_form(request, lenient=lenient),
        tools=chosen_tools(request, question(turns), told=turns[-1].role == "tool", lenient=lenient),
    )
    return ChatRequest(
        task,
        answers=request.integer("n", 1, most_answers) or 1,
        stream=request.flag("stream") or False,
        include_usage=(further.flag("include_usage") or False) if further else False,
        alternatives=_alternatives(request),
    )


def _alternatives(request: Fields) -> int | None:
    if request.value("logprobs") is not True:
        return None
    said = request.value("top_logprobs")
    return int(said) if type(said) in (int, float) and said in range(_MOST_ALTERNATIVES + 1) else 0


def _sampling(request: Fields, *, lenient: bool) -> None:
    """Check the fields that a deterministic engine has no use for."""
    request.number("temperature", 0, 2)
    request.number("top_p", 0, 1)
    bounds = () if lenient else (-2, 2)
    for name in ("presence_penalty", "frequency_penalty"):
        request.number(name, *bounds)
    request.number("repetition_penalty")
    request.text("user")
    request.text("reasoning_effort")
    for name in ("reasoning", "web_search_options"):
        if lenient:
            request.object(name)
