# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide on variables is what argument specs and defaults say, and nobody has written into it since."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import defaults, specification

from tests.tools.variables import DEFAULTS, GUIDE, MORE, Unlisted, grouped, guide, written

GROUPS = grouped(DEFAULTS.read_text(encoding="utf-8"))


def rows(option: t.Mapping[str, object], default: object) -> list[str]:
    """The row of one variable."""
    return guide({"A heading": ["force_reauth_x"]}, {"force_reauth_x": option}, {"force_reauth_x": default}).splitlines()[-3:]


def test_the_guide_is_as_it_would_be_written_now() -> None:
    assert GUIDE.read_text(encoding="utf-8") == written(), "stale: python -m tests.tools.variables"


def test_every_variable_is_in_it_once() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(specification()) == sorted(defaults())


def test_every_heading_that_has_a_guide_is_one() -> None:
    assert set(MORE) - set(GROUPS) == set()


def test_a_row_is_name_default_words_and_choices() -> None:
    option = {"description": ["The way.", "See force_reauth_route."], "choices": ["auto", "live"]}
    assert rows(option, "auto") == [
        "   * - ``force_reauth_x``",
        "     - ``auto``",
        "     - The way. See ``force_reauth_route``. One of ``auto``, ``live``.",
    ]


@pytest.mark.parametrize(("default", "shown"), [("", '``""``'), (None, "``null``"), (False, "``false``"), ([1], "``[1]``"), (-1, "``-1``")])
def test_a_default_is_shown_as_it_is_written(default: object, shown: str) -> None:
    assert rows({"description": ["x"]}, default)[1] == f"     - {shown}"


def test_signs_of_the_markup_are_words() -> None:
    assert rows({"description": ["a *b* `c` |d| \\e"]}, 1)[2] == r"     - a \*b\* \`c\` \|d\| \\e"


def test_a_variable_without_a_heading_is_refused() -> None:
    with pytest.raises(Unlisted, match=r"force_reauth_a has no heading above it in main\.yml"):
        grouped("---\n# a remark\n\nforce_reauth_a: 1\n")


def test_a_variable_that_the_argument_specs_do_not_have_is_refused() -> None:
    with pytest.raises(Unlisted, match="force_reauth_b: not in the argument specs"):
        guide({"A heading": ["force_reauth_b"]}, {}, {"force_reauth_b": 1})
