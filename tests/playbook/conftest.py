# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in cluster and the real playbook, for the tests of this folder."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from demo.cluster import Cluster
from tests.playbook.runs import Site


@pytest.fixture
def make_site(tmp_path: Path) -> t.Iterator[t.Callable[..., Site]]:
    """``make_site(nodes=3, behaviour=..)``: a RUNNING cluster and the playbook's inventory for it; arguments as of ``Cluster``."""
    sites: list[Site] = []

    def make(**arguments: t.Any) -> Site:
        folder = tmp_path / f"site{len(sites)}"
        folder.mkdir()
        cluster = Cluster(folder / "c", **arguments)
        site = Site(cluster, folder)
        sites.append(site)
        cluster.create()
        cluster.start()
        return site

    yield make
    for site in sites:
        site.take_down()


@pytest.fixture
def site(make_site: t.Callable[..., Site]) -> Site:
    """Three healthy nodes."""
    return make_site(nodes=3)
