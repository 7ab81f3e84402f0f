# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in with its built-in database runs, stops and is killed; what is seen of its files and rows goes to the output, as JSON.

``python -m tests.database.built_in_node FOLDER``: in a process of its own, because Java is started in it.
"""

from __future__ import annotations

import json
import sys
import typing as t
from contextlib import closing
from pathlib import Path

from demo.cluster import CANARY, Cluster
from demo.imitated import PRODUCTS
from demo.products import BUILT_IN
from demo.tokens import Database


def _seen(cluster: Cluster) -> dict[str, t.Any]:
    """The files, those of them that the node has open, and whose tokens there are."""
    pid, files = cluster["n1"].pid, sorted(Path(cluster.database.name).parent.iterdir())
    opened = {path.resolve() for path in Path(f"/proc/{pid}/fd").iterdir()} if pid else set()
    users = [user for _number, _token, user in cluster.token_rows()]
    return {"files": [path.name for path in files], "open": [path.name for path in files if path in opened], "users": users}


def _main(folder: Path) -> None:
    with Cluster(folder, nodes=1, product=PRODUCTS["fisheye"], database=Database(BUILT_IN, "")) as cluster:
        node = cluster["n1"]
        cluster.tokens.make(CANARY)
        seen = {"running": _seen(cluster)}
        node.stop()
        seen["stopped"] = _seen(cluster)
        node.start()
        cluster.wait_running()
        with closing(cluster.database.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("DELETE FROM cru_login_cookie")
        seen["not committed"] = _seen(cluster)
        node.kill()
        seen["killed"] = _seen(cluster)
        cluster.tokens.clear()
        node.start()
        cluster.wait_running()
        seen["started again"] = _seen(cluster)
        print(json.dumps(seen | {"settings": (node.home / "config.xml").read_text(encoding="utf-8"), "log": node.log}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
