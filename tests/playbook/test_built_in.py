# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real playbook on the files of HSQLDB. The stand-in keeps its tokens elsewhere: the rows are seen to go, no cookie is seen to die."""

from __future__ import annotations

import typing as t

import pytest

from demo.imitated import PRODUCTS
from demo.packages import HSQLDB_JARS
from tests.borrowed import borrow
from tests.database.hsqldb_product import Product
from tests.playbook.runs import Site


@pytest.mark.long
def test_the_tokens_in_the_files_are_looked_at_deleted_between_stop_and_start_and_put_back(make_site: t.Callable[..., Site]) -> None:
    borrow("java-databases")
    site = make_site(nodes=1, product=PRODUCTS["fisheye"])
    folder = site.folder / "crudb"
    folder.mkdir()
    built_in = Product(HSQLDB_JARS["1.8.0"], folder)
    built_in.make("MEMORY", 10)
    site.variables["force_reauth_proof_username"] = ""
    # the jar is not below the install folder of the stand-in
    database: dict[str, t.Any] = {"database_engine": "hsqldb", "database_name": str(built_in.base), "database_jar": str(built_in.jar)}
    outage: dict[str, t.Any] = {"route": "outage", "accept_outage": True, **database}
    old, before = site.pids(), built_in.files()
    looked = site.run("--check", **outage)
    assert looked.status == 0, looked.output
    looked.assert_says("cru_login_cookie".upper(), f"hsqldb {built_in.base}")
    assert (site.pids(), built_in.files()) == (old, before)
    result = site.run(**outage)
    result.assert_says("Missing")
    assert (site.record()["revoked"]["rows"], built_in.rows()) == (10, []), result.output
    assert site.pids()["n1"] not in (0, old["n1"])
    archives = [{name: one[name] for name in ("path", "sha256")} for one in site.record()["revoked"]["archives"]]
    restored = site.run(
        playbook="dcops.atlassian_sessions.restore_tokens",
        product="fisheye",
        restore_archives=archives,
        accept_live_logins=True,
        **outage,
    )
    assert restored.status == 0, restored.output
    assert len(built_in.rows()) == 10
