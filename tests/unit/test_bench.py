# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the benchmark."""

from __future__ import annotations

from bench.marks import Mark, table


def test_a_ratio_is_that_of_the_medians() -> None:
    assert Mark("w", "p", (1.0, 9.0, 2.0), (4.0, 4.0, 0.1)).ratio == 0.5


def test_a_line_tells_what_was_taken_by_turns() -> None:
    written = table([Mark("engine: purge", "psql", (1.0, 3.0, 2.0), (4.0, 4.5, 3.5))], "5 tokens")
    assert written.splitlines() == [
        "# 5 tokens",
        "",
        "| work | ours | peer | the peer's | ratio |",
        "|---|---|---|---|---|",
        "| engine: purge | 2.000 s (1.000 .. 3.000) | psql | 4.000 s (3.500 .. 4.500) | **0.50** |",
    ]
