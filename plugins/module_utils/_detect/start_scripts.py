# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts by which a product is started, as they stand there. Pure: what reads comes in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import SettingsFile, parse_settings
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

_READ_IN = re.compile(r"(?m)(?:^|;|&&|\bthen\b)\s*(?:\.|source)\s+[\"']?(/[\w./-]+)")


# of Tomcat itself: whatever they do, they look for it themselves
OF_TOMCAT = ("catalina.sh", "setclasspath.sh", "tool-wrapper.sh")
_SOURCED = re.compile(r"(?m)(?:^|;|&&|\|\||\bthen\b|\bdo\b|{)\s*(?:\.|source)\s+([^;&|#\n]+)")


class Script(t.NamedTuple):
    """One of them, with what it sets."""

    path: str
    text: str
    settings: SettingsFile

    @property
    def name(self) -> str:
        """Without its folder."""
        return _name_of(self.path)

    @property
    def lines(self) -> list[str]:
        """Its lines without quotes, and without those that are comments."""
        return [line.replace('"', "").replace("'", "") for line in self.text.splitlines() if not line.lstrip().startswith("#")]


def scripts_of(product: Product, install: str, node: Node) -> list[Script]:
    """The start script, those beside it and in its Tomcat that it names, and what it reads in by its full path; and theirs."""
    start = f"{install}/{product.service.start[0]}"
    folders = {path.rpartition("/")[0] for path in (start, setenv_of(product, install) or start)}
    beside = [path for folder in sorted(folders) for path in node.glob(folder, "*.sh")]
    found: dict[str, Script | None] = {}
    wanted = {start}
    while wanted:
        path = wanted.pop()
        found[path] = script = _script(path, node)
        text = script.text if script else ""
        wanted |= {one for one in (*beside, *_READ_IN.findall(text)) if one not in found and _name_of(one) in text}
    return [script for script in found.values() if script]


def reads_more(scripts: t.Sequence[Script]) -> bool:
    """Whether one of them reads in something that is none of them: what it is, and sets, only shows when it runs."""
    names = {script.name for script in scripts}
    own = (script for script in scripts if script.name not in OF_TOMCAT)
    return any(_name_of(one.strip()) not in names for script in own for one in _SOURCED.findall("\n".join(script.lines)))


def setenv_of(product: Product, install: str) -> str:
    """Where variables for its Tomcat belong, '' for a product without one."""
    tomcat = product.files.tomcat
    return f"{install}{tomcat.base}/bin/setenv.sh" if tomcat else ""


def _name_of(path: str) -> str:
    return path.rpartition("/")[2]


def _script(path: str, node: Node) -> Script | None:
    try:
        data = node.read(path) or b""
        # what a script reads in is one, whatever its name
        return Script(path, data.decode("utf-8", "replace"), parse_settings(path if path.endswith(".sh") else f"{path}.sh", data))
    except SessionsError:
        # one that cannot be read says nothing
        return None
