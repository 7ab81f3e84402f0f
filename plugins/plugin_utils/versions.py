# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs here, and in which version."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import yaml
from ansible.release import __version__ as ansible_core

_COLLECTION = Path(__file__).resolve().parents[2]


def versions() -> dict[str, str]:
    """Of the collection, of ansible-core and of the Python of the controller."""
    return {"dcops.atlassian_sessions": _own(), "ansible-core": ansible_core, "Python of the controller": platform.python_version()}


def _own() -> str:
    """An installed collection has a manifest, a checkout has what that is made from."""
    manifest = _COLLECTION / "MANIFEST.json"
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    return str(yaml.safe_load((_COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"])
