"""Log probabilities are of tokens that could stand there, and of chances that add up."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.engine.probabilities import likelihood


@given(st.text(min_size=1, max_size=5) | st.sampled_from([" the", ","]), st.integers(0, 5000), st.integers(0, 20))
def test_likelihoods_are_of_a_distribution(token, place, most):
    """The written token comes first, no token twice, chances fall and add up to less than 1."""
    found = likelihood(token, place, most)
    chances = [logprob for _, logprob in found.alternatives]

    assert len({name for name, _ in found.alternatives}) == len(chances) == most
    assert math.isfinite(found.logprob)
    assert found.logprob < 0
    assert found.alternatives[:1] in ((), ((token, found.logprob),))
    assert sorted(chances, reverse=True) == chances
    assert sum(map(math.exp, chances)) <= 1
    assert found == likelihood(token, place, most)
