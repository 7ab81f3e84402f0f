# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that a test borrows and may have to do without."""

from __future__ import annotations

import pytest

from demo.packages import MAY_BE_MISSING, Missing, provide


def borrow_mysql() -> None:
    """It is there afterwards, or the test is left out: Debian unstable moves, and Debian's own releases do not have it."""
    borrow("mysql")


def borrow(name: str) -> None:
    """The programs are there afterwards, or the test is left out."""
    try:
        provide(name)
    except Missing as error:
        pytest.skip(f"{MAY_BE_MISSING}: {error}")
