# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the real playbook takes on stand-in nodes, and how much of that is Ansible's own."""

from __future__ import annotations

import tempfile
import threading
import time
import typing as t
from pathlib import Path

from bench.marks import Mark, no_more_than, ratio_of
from bench.moments import BUSY, GONE, ROLL, UP, Look, Moment, floor, read, seconds_of, tasks
from demo.behaviour import Behaviour
from demo.cluster import Cluster, ClusterNode
from tests.playbook.runs import Site

NODES = 3
CALLBACKS = Path(__file__).resolve().parent / "callbacks"
_EVERY = 0.1


class Settings(t.NamedTuple):
    """How much is measured: seconds that a node starts, nodes of the large preflight, repetitions."""

    start: float
    nodes: int
    repeat: int


class Taken(t.NamedTuple):
    """Seconds of one run: in all, of the roll, and what of it the nodes need to stop and start."""

    whole: float
    roll: float
    floor: float


class Watch:
    """``with Watch(cluster) as watch:`` looks at every node."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.looks: list[Look] = []

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.looks.append((time.monotonic(), {node.name: _state(node) for node in self._cluster.nodes}))
            if self._over.wait(_EVERY):
                return


def _state(node: ClusterNode) -> str:
    if node.is_running():
        return UP
    return BUSY if node.pid else GONE


def marks(settings: Settings) -> t.Iterator[Mark]:
    """All of the playbook."""
    yield from _roll(settings)
    yield _preflight(settings)


def _roll(settings: Settings) -> t.Iterator[Mark]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster(Path(folder) / "c", NODES, behaviour=Behaviour(start_seconds=settings.start)) as cluster,
    ):
        taken = [_run(_site(cluster, Path(folder)), f"run-{number}") for number in range(settings.repeat)]
    where = f"{NODES} nodes with {settings.start:g} s of start"
    roll, floor = tuple(one.roll for one in taken), tuple(one.floor for one in taken)
    yield Mark("playbook: Ansible's own part of the roll, a node", tuple((one.roll - one.floor) / NODES for one in taken), no_more_than(6))
    yield Mark(f"playbook: all but the roll, {NODES} nodes", tuple(one.whole - one.roll for one in taken), no_more_than(25))
    yield Mark(f"playbook: roll of {where}", roll, ratio_of(1.25), "stop to gone and start to RUNNING, node after node", floor)


def _preflight(settings: Settings) -> Mark:
    taken: dict[int, list[float]] = {1: [], settings.nodes: []}
    for nodes, seconds in taken.items():
        with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "c", nodes) as cluster:
            seconds += [_seconds(_site(cluster, Path(folder)), "--check") for _time in range(settings.repeat)]
    ours, peers = tuple(taken[settings.nodes]), tuple(taken[1])
    return Mark(f"playbook: preflight of {settings.nodes} nodes", ours, ratio_of(10), "preflight of 1 node", peers)


def _site(cluster: Cluster, folder: Path) -> Site:
    site = Site(cluster, folder)
    # one good look lets a node pass: to settle is no work of Ansible's
    site.variables |= {"force_reauth_settle_polls": 1, "force_reauth_gate_timeout": 600, "force_reauth_accept_outage": True}
    return site


def watched(site: Site, run_id: str, **variables: t.Any) -> list[Moment]:
    """A run, and when each of its plays and tasks began."""
    file = site.folder / f"{run_id}.moments"
    site.environment = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "moments", "MOMENTS_FILE": str(file)}
    _seconds(site, run_id=run_id, **variables)
    return read(file.read_text(encoding="utf-8"))


def _run(site: Site, run_id: str) -> Taken:
    with Watch(site.cluster) as watch:
        began = time.monotonic()
        moments = watched(site, run_id)
        whole = time.monotonic() - began
    taken = Taken(whole, seconds_of(moments, ROLL), floor(watch.looks))
    print(
        f"{run_id}: {whole:.1f} s, {tasks(moments)} tasks; roll {taken.roll:.1f} s, of it the nodes themselves {taken.floor:.1f} s",
        flush=True,
    )
    return taken


def _seconds(site: Site, *arguments: str, **variables: t.Any) -> float:
    began = time.monotonic()
    result = site.run(*arguments, **variables)
    taken = time.monotonic() - began
    if result.status:
        raise RuntimeError(f"the playbook failed: nothing was measured\n{result.output}")
    return taken
