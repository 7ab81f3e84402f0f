# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's collector stands aside for a large import, and is as it was afterwards."""

from __future__ import annotations

import gc
import typing as t
from contextlib import suppress

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.collector import paused


@pytest.fixture(autouse=True)
def collector() -> t.Iterator[None]:
    """As it was, and nothing kept from it."""
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize("was_on", [True, False])
def test_it_stands_aside_and_is_as_it_was_afterwards(was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    with paused():
        inside = gc.isenabled()
    assert (inside, gc.isenabled()) == (False, was_on)


def test_what_is_there_afterwards_is_never_looked_through() -> None:
    gc.unfreeze()
    with paused():
        made: list[list[int]] = [[] for _number in range(1000)]
    assert gc.get_freeze_count() > len(made)


def test_an_import_that_fails_leaves_it_on() -> None:
    with suppress(ImportError), paused():
        raise ImportError
    assert gc.isenabled()
