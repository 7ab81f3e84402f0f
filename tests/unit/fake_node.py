# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node in memory, to be read by what finds an installation out."""

from __future__ import annotations

import fnmatch
import types
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.installation import describe
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS

INSTALL, HOME = "/install-of-node", "/home-of-node"
CERTAIN_HOME = Found(HOME, "certain", "the test")


class FakeNode:
    """A node with some files, and a process; ``environment`` None cannot be read. No process: ``process`` ''."""

    # names of other hosts
    elsewhere: t.Container[str] = ()

    def __init__(
        self,
        files: t.Mapping[str, bytes],
        arguments: t.Sequence[str] = (),
        environment: t.Mapping[str, str] | None = types.MappingProxyType({}),
        process: str = "process 1",
    ) -> None:
        self.process = process
        self._files = {place.format(install=INSTALL, home=HOME): data for place, data in files.items()}
        self._arguments = arguments
        self._environment = environment

    def read(self, path: str) -> bytes | None:
        """The file, None."""
        return self._files.get(path)

    def glob(self, folder: str, pattern: str) -> list[str]:
        """The files that fit."""
        return sorted(fnmatch.filter(self._files, f"{folder.rstrip('/')}/{pattern}"))

    def saved_sessions(self, install_dir: str, names: t.Sequence[str]) -> list[str]:
        """The files of these names, wherever they are below the work folder."""
        return [path for path in self.glob(install_dir, "work/*") if path.rpartition("/")[2] in names]

    def argument(self, prefix: str) -> str:
        """The last one that begins so."""
        return next((one.removeprefix(prefix) for one in reversed(self._arguments) if one.startswith(prefix)), "")

    def own_number(self, host: str, ipv6_first: bool) -> str:
        """Itself, where it is none of ``elsewhere``; ``localhost`` has both kinds of numbers."""
        if host == "localhost":
            return "::1" if ipv6_first else "127.0.0.1"
        return "" if host in self.elsewhere else host

    def environment(self, name: str) -> str | None:
        """One variable."""
        return None if self._environment is None else self._environment.get(name, "")


def look_at(product: str, node: FakeNode, node_url: str = "", home: Found = CERTAIN_HOME) -> dict[str, t.Any]:
    """The answer to such a node."""
    return describe(PRODUCTS[product], INSTALL, home, node, node_url)


def fact(answer: dict[str, t.Any], name: str) -> tuple[str, str]:
    """How sure a fact is, and where it stands."""
    (found,) = (one for one in answer["facts"] if one["name"] == name)
    return found["sure"], found["source"]
