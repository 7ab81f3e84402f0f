# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout, wherever it lies, is the collection; where ``CI=true`` is set, a skip is a failure (``skips``)."""

from __future__ import annotations

import shutil
import sys
import tempfile
import types
import typing as t
from pathlib import Path

import pytest

from tests.skips import without_skip

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES: t.Mapping[str, list[str]] = {
    "ansible_collections": [],
    "ansible_collections.dcops": [],
    "ansible_collections.dcops.atlassian_sessions": [str(CHECKOUT)],
}


def _map_collection() -> None:
    for name, path in PACKAGES.items():
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package


_map_collection()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The files of a run in a folder of its own (``--basetemp`` names one that stays).

    Some tests open theirs to other accounts, and each run that begins shuts the folder which pytest shares between all of an account.
    """
    if not config.option.basetemp:
        config.option.basetemp = folder = tempfile.mkdtemp(prefix="das-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> t.Generator[None, pytest.TestReport, pytest.TestReport]:
    return without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> t.Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return without_skip((yield))
