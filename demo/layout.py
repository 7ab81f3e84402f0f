# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the stand-in on disk: the real layout of the product (``files/<product>/``), filled with the node's values."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.behaviour import Behaviour
from demo.disk import TEMPLATES, templates_in, write_atomically, write_from_template
from demo.hsqldb import JAR
from demo.jdbc import database_words
from demo.products import BUILT_IN, BuiltIn, StandInProduct
from demo.tokens import Database

SERVER = Path(__file__).resolve().parent / "server.py"
NODE_FILE = "stand-in-node.json"
# folders of templates that lie in that of the Tomcat, where it has one of its own
_SHARED = ("common", "tomcat")


@dataclass(frozen=True)
class NodeLayout:
    """Where a node's files are, and what they say."""

    name: str
    product: StandInProduct
    install: Path
    home: Path
    shared: Path
    port: int
    context: str
    database: Database
    state: str = "RUNNING"

    def write(self, behaviour: Behaviour) -> None:
        """Write the install and the home folder."""
        for folder in (self.tomcat / "logs", self.tomcat / "work", self.home):
            folder.mkdir(parents=True)
        settings = {
            "product": self.product.name,
            "line": self.product.line,
            "name": self.name,
            "port": self.port,
            "context": self.context,
            "state": self.state,
            "database": asdict(self.database),
            "users_file": str(self.shared / "users.json"),
            "members_file": str(self.shared / "members.json"),
        }
        write_atomically(self.home / NODE_FILE, json.dumps(settings))
        behaviour.write(self.home)
        values = self._values(behaviour)
        for target, template in self._templates(values).items():
            write_from_template(template, target, values)
        if self._built_in:
            jar = self.path(self._built_in.jar)
            jar.parent.mkdir(exist_ok=True)
            shutil.copyfile(JAR, jar)

    def write_behaviour(self, behaviour: Behaviour) -> None:
        """Write how the node behaves, where the stand-in and where the product's own file says it."""
        behaviour.write(self.home)
        if self.product.behaviour_file:
            values, target = self._values(behaviour), self.path(self.product.behaviour_file)
            write_from_template(self._templates(values)[target], target, values)

    @property
    def tomcat(self) -> Path:
        """The folder of the Tomcat, and of what the products' scripts share."""
        return Path(f"{self.install}{self.product.tomcat}")

    def path(self, place: str) -> Path:
        """Where a file is that the product names as ``{install}/..`` or ``{home}/..``."""
        return Path(place.format(install=self.install, home=self.home))

    @property
    def _built_in(self) -> BuiltIn | None:
        return self.product.built_in if self.database.engine == BUILT_IN else None

    def _templates(self, values: dict[str, object]) -> dict[Path, Path]:
        return {
            root / name: template
            for folder in ("common", *self.product.templates, *([self._built_in.templates] if self._built_in else []))
            for kind, root in (("install", self.tomcat if folder in _SHARED else self.install), ("home", self.home))
            for name, template in templates_in(TEMPLATES / folder / kind, values).items()
        }

    def _values(self, behaviour: Behaviour) -> dict[str, object]:
        product = {
            "product": self.product.name,
            "title": self.product.title,
            "version": self.product.version,
            "webapp": self.product.webapp,
        }
        node = {"node": self.name, "port": self.port, "context": self.context}
        places = {
            "install": self.install,
            "tomcat": self.tomcat,
            "home": self.home,
            "shared": self.shared,
            "python": sys.executable,
            "server": SERVER,
        }
        manager = "" if behaviour.persist_sessions else '<Manager pathname=""/>'
        wishes = {"session_manager": manager, "http_sessions": behaviour.http_sessions}
        # settings that name no database are those of the built-in one
        words = {} if self._built_in else database_words(self.database)
        return {**product, **node, **places, **wishes, **words}
