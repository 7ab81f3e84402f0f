# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bed for all tests of this folder; each test finds a product on it that is up."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from tests.hosts.bed import bed
from tests.hosts.bed.needs import missing
from tests.hosts.bed.node import Kind
from tests.hosts.bed.reservation import reserved
from tests.hosts.real_site import RealSite
from tests.hosts.traces import traces

NODES = 3
MakeSite = t.Callable[..., RealSite]


@pytest.fixture(scope="session")
def hosts() -> t.Iterator[None]:
    """Three nodes, load balancer and database host; what they were on this machine is gone afterwards."""
    with reserved():
        problems = missing()
        if problems:
            # CI=true makes a failure of it, see tests/conftest.py
            pytest.skip(" ".join(problems))
        bed.down()
        before = traces()
        bed.up(NODES)
        yield
        bed.down()
        assert traces() - before == set()


@pytest.fixture
def make_site(hosts: None, tmp_path: Path) -> t.Iterator[MakeSite]:  # noqa: ARG001  # a mark has no effect on a fixture
    """``make_site("jira", nodes=3, kinds=..)``: the product on the first nodes, with an empty token table, up and balanced."""
    sites: list[RealSite] = []

    def make(product: str = "jira", nodes: int = NODES, kinds: t.Sequence[Kind] = ()) -> RealSite:
        folder = tmp_path / f"site{len(sites)}"
        folder.mkdir()
        site = RealSite(bed.deploy(product, nodes, kinds), folder)
        sites.append(site)
        site.site.start()
        return site

    yield make
    for site in sites:
        site.end_runs()
        site.site.remove()


@pytest.fixture
def site(make_site: MakeSite) -> RealSite:
    """Three nodes of Jira: sessions saved over a restart, a JVM as main process, and scripts behind a public address."""
    return make_site()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment leads somewhere else than to the bed."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
