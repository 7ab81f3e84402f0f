# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo`` with a product's built-in database: who has none, and what cannot be had, is said in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from demo import packages
from demo.hsqldb import check_java
from demo.imitated import PRODUCTS
from demo.packages import Missing, provide
from demo.playbook import CHECKOUT
from demo.products import BUILT_IN


def demo(product: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Without any program to call, and in a temporary folder."""
    command = [sys.executable, "-m", "demo", "--product", product, "--database", BUILT_IN]
    environment = {**os.environ, "PATH": str(scratch / "nothing"), "TMPDIR": str(scratch)}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("product", [one for one in PRODUCTS if one != "fisheye"])
def test_a_product_without_a_built_in_database_is_refused(tmp_path: Path, product: str) -> None:
    done = demo(product, tmp_path)
    wanted = f"hsqldb is the built-in database of Fisheye/Crucible, and the stand-in for {PRODUCTS[product].title} has none\n"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(wanted)
    assert list(tmp_path.iterdir()) == []


def test_without_java_the_demo_ends_with_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    done = demo("fisheye", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "java-databases" in done.stderr
    assert "`make demo` alone needs no database server." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_no_package_manager_has_it_nothing_is_asked_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dnf").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "_run", lambda *command: pytest.fail(f"{command} was run"))
    with pytest.raises(Missing, match="known to have java-databases"):
        provide("java-databases")


def test_without_jpype_the_file_of_requirements_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jpype", None)
    with pytest.raises(Missing, match=r"pip install -r demo/requirements-hsqldb\.txt") as missing:
        check_java()
    named = str(missing.value).rpartition(" ")[2].rstrip(".")
    assert (CHECKOUT / named).is_file()


def test_a_java_that_jpype_does_not_find_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import jpype

    def fail() -> t.NoReturn:
        raise jpype.JVMNotFoundException("none")

    monkeypatch.setattr(jpype, "getDefaultJVMPath", fail)
    with pytest.raises(Missing, match="JAVA_HOME"):
        check_java()
