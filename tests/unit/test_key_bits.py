# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of keys as bits: what Python's own sets say of the same numbers."""

from __future__ import annotations

import tracemalloc

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.key_bits import KeyBits
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)


@given(st.lists(KEYS), st.lists(KEYS), st.lists(KEYS))
def test_what_is_left_is_what_a_set_has_left(keys: list[int], some: list[int], more: list[int]) -> None:
    assert len(KeyBits(keys)) == len(set(keys))
    assert len(KeyBits(keys) - KeyBits(some) - KeyBits(more)) == len(set(keys) - set(some) - set(more))


@given(st.lists(KEYS), st.lists(KEYS), st.lists(KEYS))
def test_more_may_be_taken_in_at_any_time(keys: list[int], some: list[int], more: list[int]) -> None:
    left = KeyBits(keys) - KeyBits(some)
    left.add(more)
    assert len(left) == len((set(keys) - set(some)) | set(more))


def test_neighbours_take_a_few_bytes_each() -> None:
    keys = range(5_000_000, 5_200_000)
    tracemalloc.start()
    try:
        held = KeyBits(keys)
        taken, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(held) == len(keys)
    assert taken < 4 * len(keys)
