# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A product in its Tomcat: its files read once, and asked for what they say of the product. Pure: what reads the files comes in."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import tomcat_files as files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jndi import DataSource, find_data_source
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import checked_xml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element, XmlFile
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Tomcat


class TomcatOfProduct:
    """The server.xml and the context files of one installation. Raises SessionsError for a file that is not understood."""

    def __init__(self, tomcat: Tomcat, install: str, lookup: Lookup) -> None:
        self._tomcat = tomcat
        self._lookup = lookup
        self.server_path = f"{install}/{tomcat.server}"
        paths = [path for pattern in tomcat.contexts for path in lookup.node.glob(install, pattern)]
        self._context_path = f"{install}{tomcat.base}/conf/context.xml"
        self._read = {path: self._root(path, "Server" if path == self.server_path else "") for path in [self.server_path, *paths]}
        self._roots = {path: file.top for path, file in self._read.items() if file}

    def connectors(self) -> list[files.Connector]:
        """See http_connectors."""
        server = self._roots.get(self.server_path)
        return files.http_connectors(server, self.server_path, self._tomcat.webapp, self._lookup.resolved) if server else []

    @property
    def unread(self) -> str:
        """What is wrong with server.xml, also when it is not there, '' when nothing is."""
        return self.damage if self._read[self.server_path] else f"{self.server_path} is not there"

    @property
    def damage(self) -> str:
        """What is wrong with the server.xml that is there, '' when nothing is."""
        server = self._read[self.server_path]
        return f"{self.server_path} is damaged ({server.problem})" if server and server.problem else ""

    def context_path(self) -> Found:
        """Where the product's own Context says that it is; missing when it has none."""
        for path, context in self._contexts():
            if path == self.server_path:
                written = Found(context.attributes.get("path", ""), "certain", f"{path}:{context.line}")
                return self._in_form(self._lookup.resolved(written))
            if "/Catalina/" in path:
                return Found(files.context_path_of_file(path), "certain", path)
        if self.server_path not in self._roots:
            return Found(source=self.unread)
        return Found(source=f"no Context of {self._tomcat.webapp} in {self.server_path}", missing=True)

    def session_cookie(self) -> Found:
        """The name that a Context gives to the session cookie."""
        for path, context in self._contexts():
            name = context.attributes.get("sessionCookieName", "").strip()
            if name:
                return self._lookup.resolved(Found(name, "certain", f"{path}:{context.line}"))
        return Found(missing=True)

    def sessions(self) -> files.Sessions | None:
        """See sessions_in."""
        server = self._roots.get(self.server_path)
        clusters = [(self.server_path, element) for element in server.all("Cluster")] if server else []
        return files.sessions_in([*clusters, *((path, child) for path, context in self._contexts() for child in context.children)])

    def other_work_folder(self) -> str:
        """Where it is written that the application's work folder is not the usual one, as 'path:line', '' where nothing says so."""
        server = self._roots.get(self.server_path)
        hosts = [(self.server_path, host) for host in server.all("Host")] if server else []
        named = ((path, one) for path, one in [*self._contexts(), *hosts] if one.attributes.get("workDir", "").strip())
        return next((f"{path}:{one.line}" for path, one in named), "")

    def data_source(self, jndi_name: str) -> DataSource:
        """See find_data_source: the product's own Context comes before the one that all applications share."""
        contexts = list(self._contexts())
        own = [one for one in contexts if one[0] != self._context_path]
        server = self._roots.get(self.server_path)
        return find_data_source(
            jndi_name, [own, [one for one in contexts if one not in own]], [(self.server_path, server)] if server else []
        )

    def _root(self, path: str, root: str) -> XmlFile | None:
        data = self._lookup.node.read(path)
        return None if data is None else checked_xml(path, data, root)

    def _contexts(self) -> t.Iterator[tuple[str, Element]]:
        for path, root in self._roots.items():
            for context in files.own_contexts(root, path, self._tomcat.webapp):
                yield path, context

    @staticmethod
    def _in_form(found: Found) -> Found:
        return found.but(files.context_path(found.value))
