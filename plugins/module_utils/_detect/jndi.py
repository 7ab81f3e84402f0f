# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data source that a product names, in the files of its Tomcat: as Tomcat looks for it, and never another application's. Pure.

Source: the JNDI how-to and the references of Context and GlobalNamingResources of Tomcat 9 and 10.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element

# an element with the path of its file
Placed = tuple[str, Element]


@dataclass(frozen=True)
class DataSource:
    """``element`` has the attributes; ``problem``: why it is not known, '' when it is."""

    path: str = ""
    element: Element | None = None
    problem: str = ""

    @property
    def source(self) -> str:
        """'path:line'."""
        return f"{self.path}:{self.element.line}" if self.element else self.path

    def attribute(self, *names: str) -> str:
        """Its value under any of these names, '' when it has none, or several that differ."""
        values = {self.element.attributes.get(name, "").strip() for name in names} - {""} if self.element else set()
        return values.pop() if len(values) == 1 else ""


def find_data_source(jndi_name: str, contexts: t.Sequence[t.Sequence[Placed]], servers: t.Sequence[Placed]) -> DataSource:
    """``contexts``: those of the product, the nearest first, each rank by itself; ``servers``: where global resources may be."""
    name = jndi_name.partition("java:comp/env/")[2] or jndi_name
    for rank in contexts:
        found = [*_named("Resource", name, rank), *_linked(name, rank, servers)]
        if len(found) == 1:
            return DataSource(*found[0])
        if found:
            places = " and ".join(f"{path}:{one.line}" for path, one in found)
            return DataSource(problem=f"{places} both define it")
    return DataSource(problem="which no file of the container defines for this application")


def _named(tag: str, name: str, parents: t.Sequence[Placed]) -> list[Placed]:
    return [(path, one) for path, parent in parents for one in parent.children if one.tag == tag and one.attributes.get("name") == name]


def _linked(name: str, contexts: t.Sequence[Placed], servers: t.Sequence[Placed]) -> list[Placed]:
    global_names = {link.attributes.get("global", "") for _path, link in _named("ResourceLink", name, contexts)}
    shared = [(path, one) for path, server in servers for one in server.all("GlobalNamingResources")]
    return [placed for wanted in sorted(global_names) for placed in _named("Resource", wanted, shared)]
