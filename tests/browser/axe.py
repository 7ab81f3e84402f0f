# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""axe-core, which looks for what keeps people from using a page: one pinned version, fetched once by npm, its script checked."""

from __future__ import annotations

from demo.npm import NpmPackage, unpack
from demo.playbook import CHECKOUT

_PACKAGE = NpmPackage(
    "axe-core",
    "4.14.1",
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5",
)


def axe_script() -> str:
    """The script; raises NotFetched when what came is not that version."""
    kept = CHECKOUT / f"build/axe-core-{_PACKAGE.version}"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        unpack(_PACKAGE, kept)
    return (kept / "axe.min.js").read_text(encoding="utf-8")
