# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's collector of circles of objects, and when it stands in the way of a short process."""

from __future__ import annotations

import gc
import typing as t
from contextlib import contextmanager


@contextmanager
def paused() -> t.Iterator[None]:
    """Without it, for a large import. What is there afterwards stays to the end of the process, and is never looked through either.

    A fifth of the time of an empty table was that, the most of it at the end of the process.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
