"""Embedding vectors: of one length, of unit size, near where texts are alike."""

from __future__ import annotations

import base64
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference.engine.embeddings import LENGTH, likeness, packed, vector


@settings(deadline=None)
@given(st.text(st.characters()), st.integers(1, LENGTH))
def test_a_vector_is_a_unit_vector_of_the_length(text, length):
    """Any text has a vector of the length asked for and of size one."""
    found = vector(text, length)

    assert len(found) == length
    assert math.sqrt(sum(x * x for x in found)) == pytest.approx(1, abs=1e-4)
    assert found == vector(text, length)


def test_texts_that_share_words_are_nearer():
    """A text is nearer to one with common words than to one without."""
    cats = vector("the cat eats fish")

    assert likeness(cats, vector("a cat likes fish")) > likeness(cats, vector("quantum chromodynamics"))


@settings(deadline=None)
@given(st.text())
def test_a_packed_vector_holds_the_same_numbers(text):
    """The base64 form is the vector as little-endian 32-bit floats."""
    numbers = vector(text)
    raw = base64.b64decode(packed(numbers))

    assert struct.unpack(f"<{LENGTH}f", raw) == pytest.approx(numbers, abs=1e-6)
