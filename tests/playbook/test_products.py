# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The products besides Jira, each in the way in which it differs: order of restart, tokens that rotate, no cluster, other tables."""

from __future__ import annotations

import json
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest

from demo.browser import Browser, whoami
from demo.imitated import PRODUCTS
from demo.postgresql import PostgresServer
from demo.sampler import HealthSampler
from demo.tokens import Database
from tests.playbook.runs import Result, Site

MakeSite = t.Callable[..., Site]
USERS = ("eve", "adam", "noah")


@pytest.fixture
def postgresql() -> t.Iterator[Database]:
    """An empty database on a server of its own."""
    # a short path: the name of a unix socket has little room; the server removes the folder
    with PostgresServer(Path(tempfile.mkdtemp(prefix="das-"))) as server:
        yield server.make_database("confluence")


def signed_in(site: Site) -> list[Browser]:
    """Users all of whose cookies open what they should: a session its own node, a token every node."""
    browsers = site.sign_in(*USERS)
    assert len(site.open_doors(browsers)) == len(USERS) * (1 + len(site.cluster.nodes))
    return browsers


def assert_everybody_is_signed_out(site: Site, browsers: list[Browser], old_rows: t.Iterable[object], result: Result) -> None:
    """Proven by the run, and seen from outside: no old cookie opens a door, no old token is in the table, and one can sign in again."""
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(browsers) == []
    assert not set(old_rows) & set(site.cluster.token_rows())
    assert site.locks() == []
    assert len(site.open_doors(site.sign_in("eve"))) == 1 + len(site.cluster.nodes)


@pytest.mark.long
def test_confluence_rolls_on_postgresql_below_a_context_path(make_site: MakeSite, postgresql: Database) -> None:
    site = make_site(nodes=2, product=PRODUCTS["confluence"], database=postgresql, context="/wiki")
    browsers = signed_in(site)
    old, rows = site.pids(), site.cluster.token_rows()
    site.more_secrets["admin_token"] = site.cluster.admin_token
    with HealthSampler(site.cluster) as health:
        result = site.run()
    assert_everybody_is_signed_out(site, browsers, rows, result)
    result.assert_says("Confluence, 2 nodes of the inventory: confirmed by the product", "Batches n1 | n2", "remembermetoken, postgresql")
    assert health.min_up >= 1
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]


@pytest.mark.long
def test_a_cluster_whose_nodes_the_account_may_not_read_is_refused_until_somebody_answers_for_them(
    make_site: MakeSite, postgresql: Database
) -> None:
    site = make_site(nodes=2, product=PRODUCTS["jira"], database=postgresql)
    with postgresql.transaction() as execute:
        execute(f"CREATE ROLE purger LOGIN PASSWORD '{postgresql.password}'")
        execute("GRANT SELECT, DELETE ON remembermetoken TO purger")
    named = {"server": postgresql.host, "port": postgresql.port, "name": postgresql.name, "user": "purger"}
    asked: dict[str, t.Any] = {f"database_{name}": value for name, value in named.items()}
    refused = site.run("--check", **asked)
    assert refused.status != 0
    refused.assert_says(
        "GRANT SELECT ON public.clusternode and GRANT SELECT ON public.clusternodeheartbeat to it, give force_reauth_admin_token",
        "Nothing was changed.",
    )
    accepted = site.run("--check", **asked, accept_unconfirmed_nodes=True)
    assert accepted.status == 0, accepted.output
    accepted.assert_says("Doubt whether the cluster has more than the 2 nodes of the inventory is not known")


@pytest.mark.long
def test_crowd_is_purged_of_both_its_tables_and_applications_stay_signed_in(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=PRODUCTS["crowd"], context="/crowd")
    site.cluster["n1"].behave(persist_sessions=True)
    browsers = signed_in(site)
    old, rows = site.pids(), site.cluster.token_rows()
    result = site.run()
    assert_everybody_is_signed_out(site, browsers, rows, result)
    result.assert_says(
        "Crowd, 2 nodes of the inventory: not confirmed by the product",
        "Tokens 6 of 3 users in cwd_token, cwd_remember_me_token, sqlite",
        "Note The tokens are in several tables: 3 in cwd_token, 3 in cwd_remember_me_token.",
        "Left 3 application tokens in cwd_token, 3 before",
    )
    doubt = "whether the cluster has more than the 2 nodes of the inventory is not known: the sessions of another one live on"
    assert result.said.count(f"Doubt {doubt}") == 2, "once in the plan, once beside the proof"
    assert (site.evidence()["not_seen"], site.record()["nodes_counted"]) == ([doubt], False)
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    revoked = site.record()["revoked"]
    assert sorted((Path(one["path"]).name, one["rows"]) for one in revoked["archives"]) == [
        ("cwd_remember_me_token-1.tsv.gz", 5),
        ("cwd_token-1.tsv.gz", 5),
    ]
    with site.cluster.database.transaction() as execute:
        applications = execute("SELECT entity_name FROM cwd_token WHERE directory_id = -1").fetchall()
    assert sorted(applications) == [("crowd",), ("jira",), ("wiki",)]


@pytest.mark.long
def test_bamboo_restarts_its_secondary_first_and_its_primary_last_and_leaves_a_cold_standby_alone(make_site: MakeSite) -> None:
    site = make_site(nodes=3, product=PRODUCTS["bamboo"])
    standby = site.cluster["n3"]
    standby.behave(persist_sessions=True)
    browsers = signed_in(site)
    rows = site.cluster.token_rows()
    standby.stop()
    saved = standby.persisted_sessions
    kept = saved.read_bytes()
    site.more_secrets["admin_token"] = site.cluster.admin_token
    # a limit may leave the standby out: it is looked at all the same
    result = site.run("--limit", "n1,n2", inventory=with_standby(site, standby.name))
    result.assert_says(
        "Bamboo, 2 nodes of the inventory: confirmed by the product",
        "Batches n2 | n1",
        "rememberme_token",
        "Standby n3: cold standby, left alone; saved sessions lie on it",
        f"remove {saved} before it is started",
    )
    assert result.said.count("n3: cold standby, left alone") == 2, "once in the plan, once in the result"
    assert site.record()["standbys"] == ["n3"]
    assert (site.pids()["n3"], saved.read_bytes()) == (0, kept)
    # as the line says; then it serves nobody's old cookie either
    saved.unlink()
    standby.start()
    standby.wait_running()
    assert_everybody_is_signed_out(site, browsers, rows, result)
    assert [node.state() for node in site.cluster.nodes] == ["RUNNING", "RUNNING_AS_SECONDARY", "RUNNING_AS_SECONDARY"]


@pytest.mark.long
def test_a_paused_bamboo_tells_no_order_and_is_refused(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=PRODUCTS["bamboo"])
    for node in site.cluster.nodes:
        node.behave(running_state="PAUSED")
    old = site.pids()
    refused = site.run()
    assert refused.status != 0
    refused.assert_says("n1: it did not tell whether it is the primary", "n2: it did not tell whether it is the primary", "state PAUSED")
    assert site.pids() == old


@pytest.mark.long
def test_a_cold_standby_that_takes_over_during_the_run_makes_it_unproven(make_site: MakeSite) -> None:
    site = make_site(nodes=3, product=PRODUCTS["bamboo"])
    standby = site.cluster["n3"]
    standby.stop()
    run = site.start(inventory=with_standby(site, standby.name))
    site.wait_for_step(run, lambda steps: steps.get("n2") == "stopping")
    standby.start()
    result = run.wait()
    assert result.status != 0
    result.assert_says(": UNPROVEN", "Missing n3 is named a cold standby, and its process runs: ")
    assert result.said.count("n3: cold standby, left alone") == 1, "in the plan alone"


def with_standby(site: Site, name: str) -> Path:
    """The inventory, in which that node is named a cold standby."""
    inventory = site.write_inventory()
    host = f"        {name}:\n"
    text = inventory.read_text(encoding="utf-8")
    assert host in text
    inventory.write_text(text.replace(host, f"{host}          force_reauth_cold_standby: true\n"), encoding="utf-8")
    return inventory


@pytest.mark.long
def test_a_secondary_of_bamboo_that_never_comes_up_stops_the_roll_before_the_primary(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=PRODUCTS["bamboo"])
    old = site.pids()
    # its /status says RUNNING all the same
    site.cluster["n2"].behave(next_start_hangs=True)
    failed = site.run(gate_timeout=4)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "Done: none. Not done: n2, n1", "STARTING")
    assert (site.pids()["n1"], site.pids()["n2"] != old["n2"]) == (old["n1"], True)


@pytest.mark.long
def test_a_token_of_bitbucket_that_an_old_node_renewed_after_the_purge_dies_and_leaves_the_run_unproven(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=PRODUCTS["bitbucket"])
    site.cluster["n2"].behave(rotates_from_cache=True)
    browsers = signed_in(site)
    rows = site.cluster.token_rows()
    token = site.cluster.product.cookies.remember_me
    renewed = site.folder / "renewed.json"
    result = site.run(**use_before_the_stop_of_n1(site, f"{token}={browsers[0].cookies[token]}", renewed))
    came_back = json.loads(renewed.read_text(encoding="utf-8"))
    assert came_back["X-AUSERNAME"] == browsers[0].user, "the old node renewed nothing: this shows nothing"
    assert result.status != 0
    result.assert_says(": UNPROVEN", "Missing 1 of the archived tokens came back after the purge, and are deleted again: a session that")
    assert (site.open_doors(browsers), set(rows) & set(site.cluster.token_rows()), site.locks()) == ([], set(), [])
    assert site.record()["tokens_that_came_back"] == 1
    name, _equals, value = came_back["Set-Cookie"].partition(";")[0].partition("=")
    assert (name, [whoami(node, {name: value}) for node in site.cluster.nodes]) == (token, ["", ""])


def use_before_the_stop_of_n1(site: Site, cookie: str, answer: Path) -> dict[str, t.Any]:
    """A drain of the site's own that sends the cookie to n2 while n1 is drained: after the purge, before n2 is restarted."""
    script = site.folder / "use.py"
    page = site.cluster["n2"].url + site.cluster.product.pages.whoami
    script.write_text(
        "import json, pathlib, urllib.request\n"
        f"request = urllib.request.Request({page!r}, headers={{'Cookie': {cookie!r}}})\n"
        "headers = urllib.request.urlopen(request).headers\n"
        "token = [one for one in headers.get_all('Set-Cookie') if 'remember' in one]\n"
        f"kept = {{'X-AUSERNAME': headers['X-AUSERNAME'], 'Set-Cookie': token[0]}}\n"
        f"pathlib.Path({str(answer)!r}).write_text(json.dumps(kept), encoding='utf-8')\n",
        encoding="utf-8",
    )
    drain, undrain = site.folder / "drain.yml", site.folder / "undrain.yml"
    drain.write_text(
        "---\n- name: Use the cookie\n"
        f"  ansible.builtin.command: {sys.executable} {script}\n  changed_when: true\n  when: inventory_hostname == 'n1'\n",
        encoding="utf-8",
    )
    undrain.write_text("---\n- name: Nothing to undo\n  ansible.builtin.meta: noop\n", encoding="utf-8")
    return {"drain": "tasks", "drain_tasks": str(drain), "undrain_tasks": str(undrain)}


def test_fisheye_without_a_cluster_and_a_status_page_goes_by_an_outage(make_site: MakeSite) -> None:
    site = make_site(nodes=1, product=PRODUCTS["fisheye"])
    browsers = signed_in(site)
    old, rows = site.pids(), site.cluster.token_rows()
    with HealthSampler(site.cluster) as health:
        result = site.run(route="outage", accept_outage=True)
    assert_everybody_is_signed_out(site, browsers, rows, result)
    result.assert_says(
        "Fisheye/Crucible, 1 node of the inventory: no cluster, by its settings", "every node is down at once", "cru_login_cookie"
    )
    assert health.min_up == 0
    assert site.pids()["n1"] not in (0, old["n1"])
