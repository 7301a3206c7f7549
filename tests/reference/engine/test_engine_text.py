"""The engine's words: deterministic, literal where asked, cut where they must end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference.engine import tokens
from conformance.reference.engine.generation import LONGEST_ANSWER, Task, generate
from conformance.reference.engine.instructions import followed
from conformance.reference.engine.languages import language_of
from conformance.reference.engine.numerals import LARGEST, read, spelt
from conformance.reference.engine.stopping import stopped
from conformance.reference.engine.turns import Turn, prompt_tokens
from conformance.reference.engine.wording import answer_text, printable

anything = st.text(st.characters())


def asked(prompt: str, **how) -> Task:
    return Task("model", (Turn("user", prompt),), **how)


@settings(deadline=None)
@given(anything)
def test_tokens_join_to_the_text(text):
    """Tokens lose nothing, and counting agrees with splitting."""
    assert "".join(tokens.split(text)) == text
    assert tokens.count(text) == len(tokens.split(text))


@settings(deadline=None)
@given(anything)
def test_no_token_is_long(text):
    """A token is at most nine characters, so that a stream of them is fine-grained."""
    assert all(len(token) <= 9 for token in tokens.split(text))


@settings(deadline=None)
@given(anything, st.integers(1, 50), st.integers())
def test_generation_is_deterministic_and_capped(prompt, cap, seed):
    """The same task gives the same answer, never of more tokens than its cap."""
    task = asked(prompt, cap=cap, seed=seed)
    answer = generate(task)

    assert answer == generate(task)
    assert answer.tokens <= cap
    assert answer.tokens == tokens.count(answer.text) or answer.finish == "length"
    assert answer.finish in {"stop", "length"}


@settings(deadline=None)
@given(anything, st.lists(st.text(min_size=1, max_size=3), max_size=4))
def test_a_stop_text_never_occurs_in_the_answer(prompt, stops):
    """Whatever the stop texts, none is in the answer."""
    text = generate(asked(prompt, stops=tuple(stops))).text

    assert not any(stop in text for stop in stops)


def test_the_earliest_stop_text_ends_the_answer():
    """Of several stop texts the one that comes first counts."""
    assert stopped("one, two, three", ["three", "two"]) == ("one, ", "two")


def test_a_stop_text_after_the_cap_is_not_the_reason():
    """An answer cut by its cap says `length`, even if a stop text would have come later."""
    answer = generate(asked("Count from one to thirty", cap=3, stops=("twenty",)))

    assert (answer.finish, answer.stop) == ("length", None)


@settings(deadline=None)
@given(anything)
def test_an_answer_has_only_printable_text(prompt):
    """No lone surrogate or control character gets into an answer, so that it is always UTF-8."""
    text = answer_text(prompt, 1)

    assert text == printable(text)
    assert text.encode("utf-8").decode("utf-8") == text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip).filter(bool))
def test_a_text_asked_for_is_repeated_exactly(text):
    """`Repeat exactly:` is followed in any script, but for quotation marks around the whole."""
    answer = answer_text(f"Repeat exactly: {text}", 1)

    assert answer in {text, text[1:-1]}


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Reply with the single word: ok", "ok"),
        ("Answer with one word: ok", "ok"),
        ("Repeat after me: 你好，世界 😀", "你好，世界 😀"),
        ("Wiederhole genau: Grüße", "Grüße"),
        ("Répète exactement : ça va ?", "ça va ?"),
        ('Say exactly: "hello there"', "hello there"),
        ("请重复：春天", "春天"),
        ("Count from 1 to 5.", "1, 2, 3, 4, 5"),
        ("Count from three to one", "three, two, one"),
        ("Count to four", "one, two, three, four"),
        ("Count from 19 to 21 in words", "nineteen, twenty, twenty-one"),
        ("count from one to ten and stop", "one, two, three, four, five, six, seven, eight, nine, ten"),
    ],
)
def test_literal_instructions_are_followed(prompt, answer):
    """What is asked literally is answered literally."""
    assert followed(prompt) == answer


@pytest.mark.parametrize("prompt", ["Write a poem", "What is a count?", "Note: be kind", "count from ages to now", ""])
def test_other_prompts_are_not_taken_literally(prompt):
    """A prompt that asks for nothing literal is answered in the engine's own words."""
    assert followed(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Hallo! Könntest du dich in Französisch vorstellen?", "fr"),
        ("Salut ! Peux-tu te présenter en français ?", "fr"),
        ("안녕하세요, 잘 지내고 있나요?", "ko"),
        ("你好，請介紹一下人工智能", "zh"),
        ("こんにちは、元気ですか", "ja"),
        ("日本語で話してください", "ja"),
        ("Was ist der Sinn und wie geht es dir?", "de"),
        ("Hola, ¿qué puedes hacer por mí?", "es"),
        ("Привет, как дела?", "ru"),
        ("Hello", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_the_prompt_is_answered(prompt, language):
    """A prompt is answered in the language that it asks for, else in its own."""
    assert language_of(prompt) == language


@settings(deadline=None)
@given(st.integers(0, LARGEST))
def test_numbers_are_read_as_they_are_spelt(number):
    """Spelling a number and reading it again gives the number."""
    assert read(spelt(number)) == number
    assert read(str(number)) == number


def test_no_answer_is_endless():
    """However long a text is to be repeated, an answer has its limits, and says so."""
    answer = generate(asked("Repeat exactly: " + "say " * 50_000, cap=10**9))

    assert (answer.tokens, answer.finish) == (LONGEST_ANSWER, "length")


def test_a_longer_conversation_costs_more():
    """Each turn adds to the tokens of the prompt."""
    first = Turn("user", "Hello there")

    assert prompt_tokens((first,)) < prompt_tokens((first, Turn("assistant", "")))


def test_answers_to_one_task_differ_by_index():
    """Several answers to one prompt are not all alike."""
    assert len({generate(asked("Tell me something"), index).text for index in range(4)}) > 1
