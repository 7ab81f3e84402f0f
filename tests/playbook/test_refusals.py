# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refused before anything is changed, with a sentence that names the thing: one case for each place in the playbook that refuses."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import typing as t
from contextlib import closing
from pathlib import Path

import pytest

from tests.playbook.runs import Result, Site

MakeSite = t.Callable[..., Site]


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """Two healthy nodes and somebody who is signed in."""
    made = make_site(nodes=2)
    made.sign_in("eve")
    return made


def refused(site: Site, result: Result, *sentences: str) -> None:
    """It failed, said why, and left everything as it was."""
    assert result.status != 0, result.output
    result.assert_says(*sentences)
    assert site.locks() == []


def test_a_rehearsal_prints_the_plan_and_leaves_everything_as_it_was(site: Site) -> None:
    before = site.state_of_everything()
    result = site.run("--check", run_id="CHG-1")
    assert result.status == 0, result.output
    result.assert_says(
        "Run CHG-1, route rolling", "Tokens 1 of 1 user in", "Batches n1 | n2", "Check mode: nothing is changed. Not rehearsed:"
    )
    assert site.state_of_everything() == before
    assert not site.archives.exists()


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        ((), {"hosts": "nonesuch"}, "force_reauth_hosts=nonesuch meets no host of the inventory. Nothing was changed."),
        ((), {"hosts": ""}, "No cluster is selected"),
        (("--limit", "n1"), {}, "--limit leaves out n2: all nodes of a cluster have to be restarted. Nothing was changed."),
        ((), {"gate_timeout": "soon"}, "force_reauth_gate_timeout"),
        ((), {"route": "sideways"}, "force_reauth_route"),
        (
            ("-e", "force_reauth_username=eve"),
            {"archive_recipient": "age1x"},
            "did you mean force_reauth_archive_recipients? force_reauth_username is no variable of this role: did you mean",
        ),
        ((), {"product": "confluenza"}, "The product 'confluenza' is not known. Known products:"),
        ((), {"run_id": "a/b"}, "The run id 'a/b' is not usable"),
        pytest.param((), {"route": "outage"}, "force_reauth_accept_outage=true", marks=pytest.mark.long),
        pytest.param((), {"min_up": 2}, "force_reauth_min_up=2 cannot be kept", marks=pytest.mark.long),
        ((), {"batches": ["100%"]}, "force_reauth_batches takes all 2 nodes down at once"),
        (("--tags", "x"), {}, "The run did not come through, and nobody is to take it for done"),
        (("--tags", "x", "-e", '{"__force_reauth_came_through": true}'), {}, "__force_reauth_came_through: the role alone says that"),
        (("--skip-tags", "all"), {}, "The run did not come through, and nobody is to take it for done"),
        (("--start-at-task", "nonesuch"), {}, "The run did not come through, and nobody is to take it for done"),
        (("--start-at-task", "The run has come through"), {}, "The run did not come through, and nobody is to take it for done"),
        pytest.param(
            (),
            {"cold_standby": True},
            "force_reauth_hosts=tracker has no node but cold standbys (force_reauth_cold_standby): n1, n2.",
            marks=pytest.mark.long,
        ),
        (
            (),
            {"cold_standby": "{{ inventory_hostname == 'n2' }}", "route": "outage", "accept_outage": True},
            "n2 is named a cold standby, and its process runs: ",
        ),
        (
            ("--check",),
            {"service_manager": "tasks", "stop_tasks": "/nonesuch/stop.yml", "start_tasks": "/nonesuch/start.yml"},
            "force_reauth_service_manager=tasks wants force_reauth_stop_tasks: /nonesuch/stop.yml is not there",
        ),
        ((), {"drain": "haproxy"}, "no load balancer is named: give force_reauth_haproxy_hosts"),
        ((), {"database_name": "/nonesuch/jira.db"}, "/nonesuch/jira.db"),
        (("--check",), {"archive_dir": "archives"}, "force_reauth_archive_dir is a whole path, which begins with / or ~/, not 'archives'"),
        ((), {"archive_dir": "/proc/archives"}, "There is too little room for the archives in /proc"),
    ],
    ids=[
        "empty group",
        "no selection",
        "limit",
        "wrong type",
        "wrong choice",
        "misspelt names",
        "product",
        "run id",
        "outage",
        "min_up",
        "all at once",
        "tags",
        "tags and a word of the role",
        "tags to skip",
        "task to start at",
        "last task to start at",
        "cold standbys alone",
        "standby that runs",
        "task files",
        "no load balancer",
        "database",
        "a part of a path",
        "archive folder",
    ],
)
def test_what_is_asked_for_cannot_be(site: Site, arguments: tuple[str, ...], variables: dict[str, t.Any], sentence: str) -> None:
    before = site.state_of_everything()
    refused(site, site.run(*arguments, **variables), sentence)
    assert site.state_of_everything() == before


def test_every_node_that_could_not_be_stopped_is_named_by_the_rehearsal(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    stale, gone = site.cluster["n1"].pid_file, site.cluster["n2"].pid_file
    assert stale
    assert gone
    stale.write_text("4711\n", encoding="utf-8")
    gone.unlink()
    script = site.cluster["n3"].install / "bin/stop-jira.sh"
    script.chmod(0o644)
    before = site.state_of_everything()
    refused(
        site,
        site.run("--check"),
        f"n1: Its stop script goes by {stale}, which names the process 4711 and not ",
        f"n2: Its stop script goes by {gone}, which does not tell of the process",
        f"n3: {script} is not there, or cannot be run",
        "Nothing was changed.",
    )
    assert site.state_of_everything() == before


def test_one_node_under_two_names_is_refused(site: Site) -> None:
    inventory = site.write_inventory()
    inventory.write_text(inventory.read_text(encoding="utf-8").replace("/n2/install", "/n1/install"), encoding="utf-8")
    before = site.state_of_everything()
    refused(site, site.run(inventory=inventory), "n1 and n2 are one node under two names (process", "Nothing was changed.")
    assert site.state_of_everything() == before


def looked_at(site: Site, **more: object) -> dict[str, t.Any]:
    """Task files of a site whose load balancer, a folder here, has a file for each node that it knows."""
    known = "cat {{ inventory_hostname }}.known"
    task = {"name": "See it", "ansible.builtin.command": {"cmd": known, "chdir": str(site.folder)}, **more}
    (site.folder / "look.yml").write_text(json.dumps([task]), encoding="utf-8")
    ready = {f"{what}_tasks": f"{{{{ playbook_dir }}}}/../extensions/balancers/nginx_{what}.yml" for what in ("drain", "undrain")}
    return {"drain": "tasks", **ready, "drain_look_tasks": str(site.folder / "look.yml")}


@pytest.mark.parametrize("arguments", [("--check",), ()], ids=["rehearsal", "run"])
def test_a_node_that_the_sites_own_look_does_not_find_in_the_load_balancer(site: Site, arguments: tuple[str, ...]) -> None:
    (site.folder / "n1.known").touch()
    before = site.state_of_everything()
    said = "n2: force_reauth_drain_look_tasks: non-zero return code: cat: n2.known: No such file or directory. Nothing was changed."
    refused(site, site.run(*arguments, **looked_at(site)), said)
    assert site.state_of_everything() == before
    if arguments:
        (site.folder / "n2.known").touch()
        result = site.run(*arguments, **looked_at(site))
        assert result.status == 0, result.output


@pytest.mark.long
def test_a_load_balancer_that_is_lost_for_one_node_is_not_taken_for_seen(site: Site) -> None:
    for name in ("n1", "n2"):
        (site.folder / f"{name}.known").touch()
    files = looked_at(site, delegate_to="{{ 'lb' if inventory_hostname == 'n2' else 'localhost' }}")
    inventory = json.loads(json.dumps(site.cluster.inventory(**site.group_variables(files))))
    inventory["all"]["hosts"] = {"lb": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}}
    path = site.folder / "lost.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    before = site.state_of_everything()
    refused(site, site.run(inventory=path), "Not ready: n2: a host that is asked by force_reauth_drain_look_tasks was not reached")
    assert site.state_of_everything() == before


TEXTS = {
    "batches": "50%",
    "min_up": "1",
    "database_port": "",
    "accept_no_archive": "false",
    "haproxy_hosts": "lb1",
    "validate_certs": "True",
    "poll_seconds": "0.2",
    "proof_password": "20240101",
}


def test_variables_of_the_command_line_are_texts_and_are_understood(site: Site) -> None:
    arguments = [word for name, text in TEXTS.items() for word in ("-e", f"force_reauth_{name}={text}")]
    result = site.run("--check", *arguments)
    assert result.status == 0, result.output
    result.assert_says("Batches n1 | n2", "at least 1 node of 2 stay up")


def test_false_as_a_text_accepts_nothing(site: Site) -> None:
    site.environment["AWX_ISOLATED_DATA_DIR"] = str(site.folder)
    refused(
        site,
        site.run("--check", "-e", "force_reauth_accept_local_archive=false"),
        "This runs in a job or a container (AWX_ISOLATED_DATA_DIR",
    )


@pytest.mark.long
def test_another_name_of_the_controller_is_where_archives_end_with_the_job_too(site: Site) -> None:
    site.environment["AWX_ISOLATED_DATA_DIR"] = str(site.folder)
    for host in ("127.0.0.1", "n1"):
        refused(
            site,
            site.run("--check", database_host=host, accept_local_archive=False),
            "This runs in a job or a container (AWX_ISOLATED_DATA_DIR",
        )


def test_tls_that_the_product_insists_on_is_asked_of_the_database_too(site: Site) -> None:
    for node in site.cluster.nodes:
        settings = node.home / "dbconfig.xml"
        text = re.sub(r"<url>.*</url>", "<url>jdbc:postgresql://127.0.0.1:1/jira?sslmode=verify-full</url>", settings.read_text("utf-8"))
        settings.write_text(text, encoding="utf-8")
    before = site.state_of_everything()
    said = "TLS verify-full needs the certificates of those who may sign the server's"
    refused(site, site.run("--check"), said, "force_reauth_database_ssl_ca", "Nothing was changed.")
    # less only where somebody says so
    refused(site, site.run("--check", database_ssl_mode="prefer"), "nobody listens there", "Nothing was changed.")
    assert site.state_of_everything() == before


def test_a_database_that_is_not_known_for_certain_is_not_asked(site: Site) -> None:
    for node in site.cluster.nodes:
        settings = node.home / "dbconfig.xml"
        text = re.sub(r"<url>.*</url>", "<url>jdbc:postgresql://2001:db8::7:5432/jira</url>", settings.read_text("utf-8"))
        settings.write_text(text, encoding="utf-8")
    before = site.state_of_everything()
    said = "its host is not clear (an IPv6 address needs brackets): give force_reauth_database_server and force_reauth_database_port"
    refused(site, site.run(), said, "Nothing was changed.")
    # where somebody gives them, they are asked
    refused(site, site.run("--check", database_server="127.0.0.1", database_port=1), "nobody listens there", "Nothing was changed.")
    assert site.state_of_everything() == before


def test_a_node_that_the_product_knows_and_the_inventory_lacks(site: Site) -> None:
    site.cluster.tokens.note_alive("n9")
    before = site.state_of_everything()
    refused(site, site.run(), "the product knows more nodes than the inventory: n9; add what is missing", "Nothing was changed.")
    assert site.state_of_everything() == before


def test_an_empty_inventory_is_no_green_run(site: Site) -> None:
    empty = site.folder / "empty.yml"
    empty.write_text("---\nall: {}\n", encoding="utf-8")
    refused(
        site, site.run("-e", "force_reauth_hosts=tracker", inventory=empty), "force_reauth_hosts=tracker meets no host of the inventory"
    )


def test_every_node_that_is_not_well_is_named_at_once(site: Site) -> None:
    site.cluster["n1"].stop()
    inventory = json.loads(json.dumps(site.cluster.inventory(**site.variables)))
    inventory["all"]["children"]["tracker"]["hosts"]["n3"] = {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": 9,
        "force_reauth_install_dir": "/opt/jira",
    }
    path = site.folder / "three.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    before = site.state_of_everything()
    refused(site, site.run(inventory=path), "Not ready: n3: ", "Connection refused")
    del inventory["all"]["children"]["tracker"]["hosts"]["n3"]
    path.write_text(json.dumps(inventory), encoding="utf-8")
    refused(site, site.run(inventory=path), "n1: no process of the product runs from")
    assert site.state_of_everything() == before


def test_the_nodes_of_two_clusters_are_told_apart_with_a_command_for_each(site: Site, make_site: MakeSite) -> None:
    other = make_site(nodes=1)
    inventory = json.loads(json.dumps(site.cluster.inventory(**site.variables)))
    inventory["all"]["children"]["tracker"]["hosts"]["w1"] = {"force_reauth_install_dir": str(other.cluster["n1"].install)}
    path = site.folder / "both.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    refused(site, site.run(inventory=path), "These are nodes of 2 clusters", "-e force_reauth_hosts=n1,n2", "-e force_reauth_hosts=w1")


@pytest.mark.long
def test_an_unfinished_run_is_named_with_both_ways_out_and_can_be_set_aside(site: Site) -> None:
    site.cluster["n1"].behave(start_fails=True)
    failed = site.run(run_id="CHG-1")
    failed.assert_says("stopped in step 'roll'", "told to fail its start")
    site.cluster["n1"].behave(start_fails=False)
    before = site.state_of_everything()
    refused(
        site,
        site.run(run_id="CHG-2"),
        "Run CHG-1 of this cluster is not finished",
        "-e force_reauth_run_id=CHG-1",
        "-e force_reauth_abandon=CHG-1",
    )
    assert site.state_of_everything() == before
    site.cluster["n1"].start()
    site.cluster.wait_running()
    done = site.run(run_id="CHG-2", abandon="CHG-1")
    assert done.status == 0, done.output
    phases = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["record"]["phase"] for path in site.archives.glob("*/*/run.json")
    }
    assert phases == {"CHG-1": "abandoned", "CHG-2": "proven"}


def test_a_lock_of_another_run_is_named(site: Site) -> None:
    lock = site.cluster["n2"].home / ".force_reauth.lock"
    lock.write_text(json.dumps({"run_id": "CHG-0", "attempt": 1, "number": "aa", "controller": "ops7"}), encoding="utf-8")
    before = site.state_of_everything()
    result = site.run()
    assert result.status != 0
    result.assert_says("n2: locked by run CHG-0 (start 1, controller ops7)", "force_reauth_abandon=CHG-0")
    assert site.state_of_everything() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "conf/server.xml",
            "</Service>",
            '<Engine name="Catalina"><Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/></Engine></Service>',
            "replicated",
        ),
        pytest.param(
            "conf/context.xml",
            '<Manager pathname=""/>',
            '<Manager className="org.apache.catalina.session.PersistentManager"><Store className="JDBCStore"/></Manager>',
            "kept outside",
            marks=pytest.mark.long,
        ),
    ],
    ids=["replicated", "outside"],
)
def test_sessions_that_a_roll_would_not_end_are_refused(site: Site, file: str, old: str, new: str, sentence: str) -> None:
    path = site.cluster["n1"].install / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    before = site.state_of_everything()
    refused(site, site.run(), f"n1: its sessions are {sentence}", "force_reauth_route=outage")
    assert site.state_of_everything() == before


def test_the_role_alone_says_which_playbook_to_use(site: Site, tmp_path: Path) -> None:
    playbook = tmp_path / "role.yml"
    playbook.write_text(
        "---\n- name: Role\n  hosts: tracker\n  gather_facts: false\n  roles: [dcops.atlassian_sessions.force_reauth]\n", encoding="utf-8"
    )
    refused(site, site.run(playbook=str(playbook)), "run the playbook dcops.atlassian_sessions.force_reauth")


@pytest.mark.parametrize(
    "variables",
    [{}, pytest.param({"route": "outage", "accept_outage": True}, marks=pytest.mark.long)],
    ids=["rolling", "outage"],
)
def test_a_copy_of_the_database_that_the_nodes_use_is_told_before_a_token_is_deleted_or_a_node_stopped(
    site: Site, variables: dict[str, t.Any]
) -> None:
    old, tokens = site.pids(), site.cluster.token_rows()
    copy = Path(shutil.copy(site.cluster.database.name, site.folder / "copy.db"))
    result = site.run(run_id="CHG-1", database_name=str(copy), **variables)
    refused(site, result, "The remember-me token of the proof account that n1, n2 handed out, and takes, is not in", "Nothing was deleted.")
    assert site.pids() == old
    assert set(tokens) <= set(site.cluster.token_rows())
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM remembermetoken").fetchone() == (len(tokens),)
