# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live: how many users of a list are done, as two sums without a name. Pure."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import fields


class Progress(t.TypedDict):
    """The first ``names`` of a list are done, ``unknown`` of them the product did not know.

    ``first``: the SHA-256 of the first one; ``chain``: of all of them, one after the other. There is no name in it.
    """

    first: str
    chain: str
    names: int
    unknown: int


def place_of(name: str) -> str:
    """The SHA-256 of a name: where it stands in the order of users."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def grown(progress: Progress | None, name: str, known: bool) -> Progress:
    """With one name more."""
    place = place_of(name)
    before = progress or Progress(first=place, chain="", names=0, unknown=0)
    return {
        "first": before["first"],
        "chain": hashlib.sha256((before["chain"] + place).encode()).hexdigest(),
        "names": before["names"] + 1,
        "unknown": before["unknown"] + (not known),
    }


def progress_in(found: t.Any) -> Progress | None:
    """The progress that was noted, None for anything else."""
    if not isinstance(found, dict) or fields.missing(found, fields.OF_PROGRESS) or fields.wrong(found, fields.OF_PROGRESS):
        return None
    return {"first": found["first"], "chain": found["chain"], "names": int(found["names"]), "unknown": int(found["unknown"])}
