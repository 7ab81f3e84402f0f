# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watcher of the stand-in: how many nodes were RUNNING at any moment."""

from __future__ import annotations

import threading
import typing as t

from demo.cluster import UP, Cluster


class HealthSampler:
    """``with HealthSampler(cluster) as health:`` looks at every node; ``health.min_up``: the fewest that were RUNNING at once."""

    def __init__(self, cluster: Cluster, every: float = 0.2) -> None:
        self._cluster = cluster
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.samples: list[dict[str, str]] = []

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def up(self) -> list[int]:
        """How many nodes were up, look by look. A sample is {node name: state}, '' when nothing answered."""
        return [sum(state in UP for state in sample.values()) for sample in self.samples]

    @property
    def min_up(self) -> int:
        """The fewest nodes of all looks."""
        return min(self.up)

    def _watch(self) -> None:
        while True:
            self.samples.append({node.name: node.state() for node in self._cluster.nodes})
            if self._ended.wait(self._every):
                return
