# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the stand-in on disk: the real layout of the product (``files/<product>/``), filled with the node's values."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.behaviour import Behaviour
from demo.disk import TEMPLATES, write_atomically, write_from_template
from demo.products import StandInProduct
from demo.tokens import Database

SERVER = Path(__file__).resolve().parent / "server.py"
NODE_FILE = "stand-in-node.json"


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

    def write(self, behaviour: Behaviour) -> None:
        """Write the install and the home folder."""
        for folder in (self.install / "logs", self.install / "work", self.home):
            folder.mkdir(parents=True)
        settings = {
            "port": self.port,
            "context": self.context,
            "database": asdict(self.database),
            "users_file": str(self.shared / "users.json"),
        }
        write_atomically(self.home / NODE_FILE, json.dumps(settings))
        behaviour.write(self.home)
        for root, target in ((self._templates / "install", self.install), (self._templates / "home", self.home)):
            for template in sorted(path for path in root.rglob("*") if path.is_file()):
                write_from_template(template, target / template.relative_to(root), self._values(behaviour))

    def write_behaviour(self, behaviour: Behaviour) -> None:
        """Write how the node behaves, where the stand-in and where the product's own file says it."""
        behaviour.write(self.home)
        name = self.product.session_manager_file
        write_from_template(self._templates / "install" / name, self.install / name, self._values(behaviour))

    @property
    def _templates(self) -> Path:
        return TEMPLATES / self.product.name

    def _values(self, behaviour: Behaviour) -> dict[str, object]:
        node = {"node": self.name, "version": self.product.version, "port": self.port, "context": self.context}
        places = {"install": self.install, "home": self.home, "shared": self.shared, "python": sys.executable, "server": SERVER}
        manager = "" if behaviour.persist_sessions else '<Manager pathname=""/>'
        return {**node, **places, **_database_words(self.database), "session_manager": manager}


def _database_words(database: Database) -> dict[str, str]:
    if database.engine == "sqlite":
        return {
            "database_type": "sqlite",
            "schema": "",
            "jdbc_url": f"jdbc:sqlite:{database.name}",
            "driver": "org.sqlite.JDBC",
            "database_user": "",
        }
    socket = f"{database.host}/.s.PGSQL.{database.port}"
    return {
        "database_type": "postgres72",
        "schema": "public",
        "jdbc_url": f"jdbc:postgresql://localhost/{database.name}"
        f"?socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg&socketFactoryArg={socket}",
        "driver": "org.postgresql.Driver",
        "database_user": database.user,
    }
