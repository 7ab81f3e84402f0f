# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: fifty users on a stand-in cluster are signed out by the real playbook. ``python -m demo --product jira --database sqlite``.

No real product runs here. Needs no root, installs no service; what it writes is in ``build/demo`` and in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import typing as t
from contextlib import ExitStack
from pathlib import Path

from demo.behaviour import Behaviour
from demo.cluster import CANARY, Cluster
from demo.crowd import Crowd, all_dead, all_open, grid, totals
from demo.hsqldb import check_java
from demo.imitated import PRODUCTS
from demo.mariadb import MariadbServer
from demo.mysql import MysqlServer
from demo.packages import Missing, provide
from demo.patience import patient
from demo.playbook import CHECKOUT, PlaybookRun
from demo.postgresql import PostgresServer
from demo.processes import all_environments, kill_until_gone
from demo.products import BUILT_IN, ENGINES, StandInProduct
from demo.sampler import HealthSampler
from demo.tokens import Database

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ROUTES = AUTO, LIVE = ("auto", "live")
_LEGEND = "S: the session cookie opens a door    R: the remember-me cookie does    -: dead    each sent alone, to every node"


def main() -> int:
    """Exit status 0: every cookie opened a door before, none does after, the playbook ended well, everybody can sign in again."""
    arguments = _arguments()
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return _demo(arguments)
    except Missing as missing:
        print(f"{missing} `make demo` alone needs no database server.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: everything was taken down.")
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Signs fifty users out of a stand-in cluster. No real product runs here."
    )
    parser.add_argument("--product", choices=tuple(PRODUCTS), default="jira", help="whose stand-in (default: %(default)s)")
    parser.add_argument("--line", default="", help="of its versions, for example 9.12 (default: today's)")
    parser.add_argument("--database", choices=(*ENGINES, BUILT_IN), default="sqlite", help="where the tokens are (default: %(default)s)")
    parser.add_argument("--route", choices=ROUTES, default=AUTO, help="live: no node is restarted (default: %(default)s)")
    parser.add_argument("--story", choices=("yes", "no"), default="yes", help="no: show the playbook task by task (default: on one screen)")
    parser.add_argument("--keep", action="store_true", help="leave the cluster running until Enter is pressed")
    arguments = parser.parse_args()
    arguments.product = PRODUCTS[arguments.product]
    if arguments.line not in ("", *arguments.product.lines):
        parser.error(f"{arguments.product.title} has the lines {', '.join(arguments.product.lines)}, and no {arguments.line}")
    if arguments.database == BUILT_IN and not arguments.product.built_in:
        having = ", ".join(product.title for product in PRODUCTS.values() if product.built_in)
        parser.error(f"{BUILT_IN} is the built-in database of {having}, and the stand-in for {arguments.product.title} has none")
    arguments.product = arguments.product.on_line(arguments.line)
    return arguments


def _demo(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    product, engine = arguments.product, arguments.database
    kept = CHECKOUT / "build/demo" / f"{time.strftime('%Y%m%d-%H%M%S')}-{product.name}-{product.line}-{engine}"
    with ExitStack() as stack:
        stack.callback(_say, "Taken down: no process and no temporary folder is left.")
        scratch = _scratch_folder(stack)
        try:
            cluster = _cluster(stack, product, engine, scratch)
            good = _sign_everybody_out(cluster, PlaybookRun(scratch, arguments.story == "yes"), kept, arguments.route)
            _say(f"{time.monotonic() - began:.0f} s in all. " + ("As it should be." if good else "NOT as it should be: see above."))
            if arguments.keep:
                _wait_for_enter(cluster)
        finally:
            _ignore_signals()
    return 0 if good else 1


def _scratch_folder(stack: ExitStack) -> Path:
    # a short path (unix sockets), passable for the account that PostgreSQL runs as
    scratch = Path(tempfile.mkdtemp(prefix="stand-in-"))
    stack.callback(shutil.rmtree, scratch, ignore_errors=True)
    stack.callback(kill_until_gone, _mark_children())
    scratch.chmod(0o711)
    return scratch


def _mark_children() -> t.Callable[[], list[int]]:
    """Mark every process that will come from this one, also those that leave its session; returns what finds them."""
    name, value = "STAND_IN_DEMO", secrets.token_hex(8)
    os.environ[name] = value
    mark = f"{name}={value}".encode()
    return lambda: [pid for pid, environment in all_environments() if mark in environment]


def _cluster(stack: ExitStack, product: StandInProduct, engine: str, scratch: Path) -> Cluster:
    # each take-down is registered before the thing is there: an interrupted start is taken down as well
    database = _SERVERS[engine](stack, scratch, product.name)
    nodes = 3 if product.clustered else 1
    cluster = Cluster(scratch / "c", nodes=nodes, product=product, database=database, behaviour=Behaviour(start_seconds=1.0))
    stack.callback(cluster.destroy)
    cluster.create()
    cluster.start()
    _say(
        f"Stand-in for {product.title} {product.version} on {engine}: "
        + ", ".join(f"{node.name} {node.url} (pid {node.pid})" for node in cluster.nodes)
    )
    return cluster


def _postgresql(stack: ExitStack, scratch: Path, name: str) -> Database:
    provide("postgresql")
    server = PostgresServer(scratch / "p")
    stack.callback(server.stop)
    server.start()
    return server.make_database(name)


def _mariadb(stack: ExitStack, scratch: Path, name: str) -> Database:
    provide("mariadb")
    server = MariadbServer(scratch / "m")
    stack.callback(server.stop)
    server.start()
    return server.make_database(name)


def _mysql(stack: ExitStack, scratch: Path, name: str) -> Database:
    provide("mysql")
    # MySQL's JDBC driver knows no unix socket
    server = MysqlServer(scratch / "m", tcp=True)
    stack.callback(server.stop)
    server.start()
    return server.make_database(name)


def _hsqldb(_stack: ExitStack, _scratch: Path, _name: str) -> Database:
    provide("java-databases")
    check_java()
    return Database(BUILT_IN, "")


_SERVERS: t.Mapping[str, t.Callable[[ExitStack, Path, str], Database | None]] = {
    # a file of the cluster's own
    "sqlite": lambda _stack, _scratch, _name: None,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "mysql": _mysql,
    BUILT_IN: _hsqldb,
}


def _sign_everybody_out(cluster: Cluster, playbook: PlaybookRun, kept: Path, route: str) -> bool:
    crowd = Crowd(cluster)
    crowd.sign_in()
    before = crowd.look()
    _say(
        f"BEFORE   {_LEGEND}\n",
        grid(crowd, [before]),
        "",
        totals(crowd, [before]),
        f"rows in {cluster.product.tokens.name}: {len(cluster.token_rows())}\n",
    )
    with HealthSampler(cluster) as health:
        status = _run_playbook(cluster, playbook, kept, route)
    after = crowd.look()
    _say(f"\nBEFORE > AFTER   {_LEGEND}\n", grid(crowd, [before, after]), "", totals(crowd, [before, after]))
    able = crowd.able_to_sign_in()
    good = status == 0 and all_open(before) and all_dead(after) and able == len(crowd.browsers)
    _say(
        f"rows in {cluster.product.tokens.name}: {len(cluster.token_rows())}    able to sign in again: {able} of {len(crowd.browsers)}",
        f"fewest nodes RUNNING at once: {health.min_up} of {len(cluster.nodes)}    exit status of the playbook: {status}",
        f"\nKept in {kept} (archives with their sidecars, the run record, the inventory):",
        *(f"  {path.relative_to(kept)}" for path in sorted(kept.rglob("*")) if path.is_file()),
    )
    return good


def _run_playbook(cluster: Cluster, playbook: PlaybookRun, kept: Path, route: str) -> int:
    kept.mkdir(parents=True, mode=0o700)
    inventory = cluster.write_inventory(
        kept / "inventory.yml",
        force_reauth_archive_dir=str(kept / "archives"),
        force_reauth_accept_local_archive=True,  # where it is shown in a container
        force_reauth_proof_username=CANARY,
        force_reauth_settle_polls=2,
        force_reauth_poll_seconds=0.5,
        force_reauth_gate_timeout=round(patient(60)),
        force_reauth_run_id="demo",
        **_route(cluster, route),
    )
    secret_variables = {"force_reauth_proof_password": cluster.users[CANARY], "force_reauth_database_password": cluster.database.password}
    administrator = {"force_reauth_admin_token": cluster.admin_token} if route == LIVE else {}
    return playbook.run(inventory, secret_variables | administrator)


def _route(cluster: Cluster, wanted: str) -> dict[str, object]:
    """A single node that is restarted has no other way than an outage, which is to be accepted."""
    if len(cluster.nodes) == 1 and wanted != LIVE:
        return {"force_reauth_route": "outage", "force_reauth_accept_outage": True}
    return {"force_reauth_route": wanted}


def _wait_for_enter(cluster: Cluster) -> None:
    _say(f"Kept running in {cluster.folder} (user {CANARY}, passwords in {cluster.shared}/users.json). Enter or Ctrl-C ends it.")
    if not sys.stdin.readline():
        signal.pause()


def _interrupt(_signal: int, _frame: object) -> t.NoReturn:
    # the take-down runs to its end, whoever is impatient
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _say(*lines: str) -> None:
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
