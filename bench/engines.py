# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database servers that are measured. A new one is one entry here, and its peer in ``peers.py``."""

from __future__ import annotations

import typing as t
from functools import partial
from pathlib import Path

from demo.mariadb import MariadbServer
from demo.mysql import MysqlServer
from demo.postgresql import PostgresServer

# a million rows fit in memory, as at a site; the tests' servers take as little as they can
_ROOM = ("--innodb-buffer-pool-size=512M",)


class Engine(t.NamedTuple):
    """How its server is started, and its token table filled: one row per number from 1 to the bound."""

    server: t.Callable[[Path], PostgresServer | MariadbServer]
    fill: str
    refresh: str
    driver: str


ENGINES: t.Mapping[str, Engine] = {
    "postgresql": Engine(
        PostgresServer,
        "INSERT INTO remembermetoken SELECT n, now(), md5(n::text) || md5(n::text), 'JIRAUSER' || mod(n, 20000) "
        "FROM generate_series(1, {rows}) n",
        "ANALYZE remembermetoken",
        "psycopg2",
    ),
    "mariadb": Engine(
        partial(MariadbServer, settings=(*_ROOM, "--innodb-log-file-size=96M")),
        "INSERT INTO remembermetoken SELECT seq, now(), concat(md5(seq), md5(seq)), concat('JIRAUSER', mod(seq, 20000)) "
        "FROM seq_1_to_{rows}",
        "ANALYZE TABLE remembermetoken",
        "pymysql",
    ),
    "mysql": Engine(
        # files of clients as MariaDB takes them by default: the peer's LOAD DATA wants it
        partial(MysqlServer, settings=(*_ROOM, "--loose-innodb-redo-log-capacity=100M", "--local-infile=ON")),
        "INSERT INTO remembermetoken SELECT /*+ SET_VAR(cte_max_recursion_depth=4294967295) */ n, now(), sha2(n, 256), "
        "concat('JIRAUSER', mod(n, 20000)) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
        "SELECT n FROM s) numbers",
        "ANALYZE TABLE remembermetoken",
        "pymysql",
    ),
}
