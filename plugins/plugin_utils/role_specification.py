# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role, as its own files say."""

from __future__ import annotations

import typing as t
from functools import cache
from pathlib import Path

import yaml

ROLE = Path(__file__).resolve().parents[2] / "roles/force_reauth"


@cache
def specification() -> dict[str, dict[str, t.Any]]:
    """The argument spec of each variable, by its full name."""
    entry_points = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return {name: option for entry in reversed(entry_points.values()) for name, option in entry["options"].items()}


@cache
def defaults() -> dict[str, t.Any]:
    """The default of each."""
    found: dict[str, t.Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    return found
