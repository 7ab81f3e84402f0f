# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the sessions of many users are ended, in ratio to what the product's calls alone take."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from bench.marks import Mark, no_more_than, ratio_of
from bench.moments import seconds_between
from bench.playbook import watched
from demo.cluster import Cluster
from tests.playbook.runs import Site

# of the product's call, and how many are made at a time
CALL_SECONDS, PARALLEL = 0.02, 8


class Settings(t.NamedTuple):
    """How much is measured."""

    users: int
    repeat: int


def marks(settings: Settings) -> t.Iterator[Mark]:
    """The time of the act in a process of its own, as a module does it, and its memory; and the time in a run of the playbook."""
    names = [f"user{number}" for number in range(settings.users)]
    limit, peer = settings.users * CALL_SECONDS / PARALLEL, f"the calls alone, {PARALLEL} at a time"
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "c", nodes=1) as cluster:
        cluster.add_users(names)
        cluster["n1"].behave(call_seconds=CALL_SECONDS)
        taken = [_end(cluster, names) for _time in range(settings.repeat)]
        few = [_end(cluster, names[: settings.users // 10]) for _time in range(settings.repeat)]
        whole = [_run(cluster, Path(folder), f"run-{number}") for number in range(settings.repeat)]
    seconds, peaks = zip(*taken)
    work = f"the sessions of {settings.users} users, a call takes {CALL_SECONDS * 1000:g} ms"
    yield Mark(f"live: {work}", seconds, ratio_of(1.15), peer, (limit,))
    yield Mark(f"live: {work}, by the playbook, with the record", tuple(whole), ratio_of(1.15), peer, (limit,))
    most = max(peak for _seconds, peak in few) + 8
    yield Mark(f"live: memory at {settings.users} users, ten times as many", peaks, no_more_than(round(most, 1), "MB"), unit="MB")


def _run(cluster: Cluster, folder: Path, run_id: str) -> float:
    """Seconds from the first call to the first old cookie that is replayed: the calls, what Ansible needs for them, and the record."""
    site = Site(cluster, folder)
    site.more_secrets = {"admin_token": cluster.admin_token}
    moments = watched(site, run_id, route="live", live_parallel=PARALLEL)
    return seconds_between(moments, "Say how many", "Replay the old cookies")


def _end(cluster: Cluster, names: t.Sequence[str]) -> tuple[float, float]:
    """Seconds and MB."""
    web = {
        "product": "jira",
        "url": cluster["n1"].url,
        "site_url": "",
        "validate_certs": True,
        "request_timeout": 10,
        "functional_path": "",
    }
    asked = json.dumps({**web, "admin_token": cluster.admin_token, "usernames": names, "parallel": PARALLEL})
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "bench.ours", "end"], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    seconds, answer = time.monotonic() - began, json.loads(done.stdout)
    if answer["ended"] != len(names):
        raise ValueError(f"of {len(names)} users {answer['ended']} were ended: nothing was measured")
    return seconds, answer["peak_mb"]
