# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A product in its Tomcat: its files read once, and asked for what they say of the product. Pure: what reads the files comes in."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import tomcat_files as files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import checked_xml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Tomcat


class TomcatOfProduct:
    """The server.xml and the context files of one installation. Raises SessionsError for a file that is not understood."""

    def __init__(self, tomcat: Tomcat, install: str, lookup: Lookup) -> None:
        self._tomcat = tomcat
        self._lookup = lookup
        self.server_path = f"{install}/{tomcat.server}"
        paths = [path for pattern in tomcat.contexts for path in lookup.node.glob(install, pattern)]
        self._roots = {path: self._root(path, "Server" if path == self.server_path else "") for path in [self.server_path, *paths]}

    def connectors(self) -> list[files.Connector]:
        """See http_connectors."""
        server = self._roots[self.server_path]
        return files.http_connectors(server, self.server_path, self._lookup.resolved) if server else []

    def context_path(self) -> Found:
        """Where the product's own Context says that it is."""
        for path, context in self._contexts():
            if path == self.server_path:
                written = Found(context.attributes.get("path", ""), "certain", f"{path}:{context.line}")
                return self._in_form(self._lookup.resolved(written))
            if "/Catalina/" in path:
                return Found(files.context_path_of_file(path), "certain", path)
        return Found("", "default", "default")

    def session_cookie(self) -> Found:
        """The name that a Context gives to the session cookie."""
        for path, context in self._contexts():
            name = context.attributes.get("sessionCookieName", "").strip()
            if name:
                return self._lookup.resolved(Found(name, "certain", f"{path}:{context.line}"))
        return Found(missing=True)

    def sessions(self) -> files.Sessions | None:
        """See sessions_in."""
        server = self._roots[self.server_path]
        clusters = [(self.server_path, element) for element in server.all("Cluster")] if server else []
        return files.sessions_in([*clusters, *((path, child) for path, context in self._contexts() for child in context.children)])

    def resource(self, jndi_name: str) -> tuple[str, Element] | None:
        """The Resource of that name with its path, through a ResourceLink if need be."""
        name = jndi_name.partition("java:comp/env/")[2] or jndi_name
        links = {one.attributes.get("name"): one.attributes.get("global", "") for _path, one in self._all("ResourceLink")}
        wanted = (name, links.get(name, name))
        return next(((path, one) for path, one in self._all("Resource") if one.attributes.get("name") in wanted), None)

    def _root(self, path: str, root: str) -> Element | None:
        data = self._lookup.node.read(path)
        return None if data is None else checked_xml(path, data, root).top

    def _contexts(self) -> t.Iterator[tuple[str, Element]]:
        for path, root in self._roots.items():
            for context in files.own_contexts(root, path, self._tomcat.webapp) if root else ():
                yield path, context

    def _all(self, tag: str) -> t.Iterator[tuple[str, Element]]:
        for path, root in self._roots.items():
            for element in root.all(tag) if root else ():
                yield path, element

    @staticmethod
    def _in_form(found: Found) -> Found:
        return found.but(files.context_path(found.value))
