# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Known secrets are planted and looked for in all that runs show and leave: refused, killed, failed and proven, at -vvvvv."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import secrets
import tempfile
import typing as t
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from demo.cluster import CANARY, Cluster
from demo.patience import wait_for
from demo.postgresql import PostgresServer
from demo.processes import all_arguments
from tests.playbook.runs import Result, Site
from tests.playbook.watch import PLACES, SystemLog, Watch, forms

# one worker runs them all: what is looked at is made once
pytestmark = pytest.mark.xdist_group("secrets")

WORDY = "-vvvvv"
LEAKING_PLAYBOOK = """---
- name: Leak
  hosts: n1
  gather_facts: false
  tasks:
    - name: Into the output, the log file and the fact cache
      ansible.builtin.set_fact:
        leaked: "{{ force_reauth_proof_password }}"
        cacheable: true
    - name: Into the records
      ansible.builtin.copy:
        content: "{{ leaked | to_json }}"
        dest: "{{ force_reauth_archive_dir }}/leak.json"
        mode: "0600"
    - name: Into a process, a temporary file and the log of the system
      ansible.builtin.command:
        argv: ["{{ ansible_playbook_python }}", -c, "{{ until_it_is_over }}", "{{ playbook_dir }}/over", leaking, "{{ leaked }}"]
      vars:
        until_it_is_over: |
          import os, sys, time
          while not os.path.exists(sys.argv[1]):
              time.sleep(0.05)
"""


@dataclass
class Story:
    """What happened at a cluster with planted secrets: name -> value."""

    site: Site
    watch: Watch
    log: SystemLog
    planted: dict[str, str]
    # the sealed cookies of the canary: in the record of a run that is not over, and nowhere else
    sealed: dict[str, str] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    killed_at_work: bool = False


def made_up(words: str) -> str:
    """A secret that no other test has; JSON, URLs and Python write it otherwise than it is."""
    return f'{words} "ä\\/+%{secrets.token_urlsafe(9)}'


def plant_in_files(cluster: Cluster) -> dict[str, str]:
    """Put secrets where real installations have them."""
    planted = {
        where: f"hidden.{secrets.token_urlsafe(12)}"
        for where in ("JDBC URL", "dbconfig.xml", "server.xml", "arguments", "JAVA_OPTS", "setenv.sh")
    }
    for node in cluster.nodes:
        put(node.home / "dbconfig.xml", "</url>", f"&amp;user=jira&amp;password={planted['JDBC URL']}</url>")
        put(node.home / "dbconfig.xml", "{ATL_SECURED}", planted["dbconfig.xml"])
        put(node.install / "conf/server.xml", "<Connector ", f'<Connector keystorePass="{planted["server.xml"]}" ')
        start = node.install / "bin/start-jira.sh"
        # right before the start: the other commands of the script do not get it
        put(start, "start_node ", f"export JAVA_OPTS=-Dsome.password={planted['JAVA_OPTS']}\nstart_node ")
        put(start, "-Dcatalina.base=", f"-Djavax.net.ssl.keyStorePassword={planted['arguments']} -Dcatalina.base=")
        setenv = node.install / "bin/setenv.sh"
        setenv.write_text(f'JAVA_OPTS="-Dsome.password={planted["setenv.sh"]}"\n', encoding="utf-8")
    return planted


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path}: nothing planted"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Story]:
    """Runs: refused for a wrong password; killed while it deletes; one that sets that one aside and fails at a gate; resumed and proven."""
    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        # a short path: the name of a unix socket has little room; the server removes the folder
        server = PostgresServer(Path(tempfile.mkdtemp(prefix="das-")))
        server.password = made_up("database")
        stack.enter_context(server)
        cluster = Cluster(folder / "c", nodes=2, database=server.make_database("jira"))
        site = Site(cluster, folder)
        stack.callback(site.take_down)
        site.more_secrets |= {"admin_token": cluster.admin_token, "admin_password": made_up("admin")}
        # nobody listens there
        hook = {"address": secrets.token_urlsafe(24), "key": made_up("signs")}
        site.more_secrets |= {"notify_url": f"http://127.0.0.1:1/{hook['address']}", "notify_key": hook["key"]}
        cluster.create()
        planted = {
            "database password": server.password,
            "wrong database password": made_up("wrong"),
            "admin token": cluster.admin_token,
            "admin password": site.more_secrets["admin_password"],
            **{f"{part} of the hook": value for part, value in hook.items()},
            "administrator's password": cluster.add_user("root", site.more_secrets["admin_password"]),
            "proof password": cluster.add_user(CANARY, made_up("proof")),
            **plant_in_files(cluster),
        }
        cluster.start()
        for browser in site.sign_in("eve", "adam"):
            planted |= {f"{browser.user}'s {name}": value for name, value in browser.cookies.items()} | {browser.user: browser.password}
        log = stack.enter_context(SystemLog())
        told = Story(site, Watch(site, log), log, planted)
        with told.watch:
            run_all(told)
        yield told


def run_all(told: Story) -> None:
    site, cluster = told.site, told.site.cluster
    right = cluster.database
    cluster.database = replace(right, password=told.planted["wrong database password"])
    told.results["refused"] = site.run(WORDY, run_id="CHG-0")
    cluster.database = right

    with closing(right.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("LOCK TABLE remembermetoken IN ROW EXCLUSIVE MODE")
        run = site.start(WORDY, run_id="CHG-0")
        wait_for(lambda: run.over or somebody_waits_for_a_lock(site), "the last sweep waits for the lock", 120, run.said_so_far)
        told.killed_at_work = not run.over
        run.kill()
        plant_the_canary(told, "CHG-0")

    cluster["n1"].behave(next_start_hangs=True)
    told.results["failed"] = site.run(WORDY, run_id="CHG-1", abandon="CHG-0", gate_timeout=3)
    plant_the_canary(told, "CHG-1")
    cluster["n1"].behave(next_start_hangs=False)
    told.results["proven"] = site.run(WORDY, run_id="CHG-1")
    told.planted |= {f"token {token}": token for token in archived_tokens(site)}
    use_the_administrator(told)


def use_the_administrator(told: Story) -> None:
    """Password and token go to a node: the tokens deleted by its page, the sessions ended by its calls; then a token that is refused."""
    site = told.site
    for node in site.cluster.nodes:
        node.behave(administrators=["root"])
    by_itself: dict[str, t.Any] = {"revoke": "product", "accept_no_archive": True, "admin_username": "root"}
    told.results["by the product"] = site.run(WORDY, run_id="CHG-2", route="live", **by_itself)
    site.cluster["n1"].behave(token_expired=True)
    told.results["expired"] = site.run(WORDY, run_id="CHG-3", route="live", **by_itself)
    site.cluster["n1"].behave(token_expired=False)


def somebody_waits_for_a_lock(site: Site) -> bool:
    with site.cluster.database.transaction() as execute:
        return bool(execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()[0])


def keys_of_the_canary(site: Site) -> dict[str, str]:
    """By the id of the run, as the controller keeps them."""
    return {path.name.split(".")[1]: path.read_text(encoding="ascii") for path in (site.folder / "ansible/force_reauth").glob("*.key")}


def sealed_canaries(site: Site, run_id: str) -> list[str]:
    """As the records of the nodes keep them."""
    records = [json.loads(path.read_text(encoding="utf-8"))["record"] for path in site.archives.glob(f"*/{run_id}/nodes/*.json")]
    assert records
    return [record["sealed_canary"] for record in records if "sealed_canary" in record]


def plant_the_canary(told: Story, run_id: str) -> None:
    """The cookies of a run that is not over, the key that seals them, and what is sealed."""
    key = keys_of_the_canary(told.site)[run_id]
    told.planted[f"key of {run_id}"] = key
    (folder,) = told.site.archives.glob(f"*/{run_id}")
    purpose = f"archives {folder.parent.name} {run_id}".encode()
    told.planted[f"secret of the archives of {run_id}"] = hmac.new(key.encode(), purpose, hashlib.sha256).hexdigest()
    vault = VaultLib([("default", VaultSecret(key.encode()))])
    for number, sealed in enumerate(sealed_canaries(told.site, run_id)):
        # a line of it: however long a text is, a line is shown whole
        told.sealed[f"sealed canary {number} of {run_id}"] = sealed.splitlines()[1]
        for cookie in json.loads(vault.decrypt(sealed)):
            told.planted[f"the canary's {cookie['name']} {cookie['value']}"] = cookie["value"]


def archived_tokens(site: Site) -> set[str]:
    found = set()
    for path in site.archives.glob("*/*/*.tsv.gz"):
        sidecar = json.loads(path.with_name(path.name.replace(".tsv.gz", ".json")).read_text(encoding="utf-8"))
        column = [one["name"] for one in sidecar["columns"]].index("token")
        found |= {line.split("\t")[column] for line in gzip.decompress(path.read_bytes()).decode().splitlines()}
    return found


@pytest.fixture(scope="module")
def leak(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The control: a playbook that tells the proof password everywhere, killed while it does so."""
    folder = tmp_path_factory.mktemp("leak")
    site = Site(story.site.cluster, folder)
    site.archives.mkdir()
    playbook = folder / "leak.yml"
    playbook.write_text(LEAKING_PLAYBOOK, encoding="utf-8")
    leaking = f"leaking\0{story.planted['proof password']}".encode()
    try:
        with Watch(site, story.log) as watch:
            run = site.start(WORDY, playbook=str(playbook))
            try:
                wait_for(lambda: run.over or watch.sees_a_process_with(leaking), "it leaks", 120)
                assert not run.over, run.output
            finally:
                # the last look of the watch comes after it
                run.kill()
    finally:
        (folder / "over").touch()
    return watch


def need_log(story: Story, place: str) -> None:
    if place == "system log" and not story.log.works:
        pytest.skip("the log of this system cannot be read")


def test_the_runs_were_refused_killed_failed_and_proven(story: Story) -> None:
    assert story.killed_at_work
    ended = {name: result.status == 0 for name, result in story.results.items()}
    assert ended == {"refused": False, "failed": False, "proven": True, "by the product": True, "expired": False}
    story.results["refused"].assert_says("password", "Nothing was changed.")
    story.results["failed"].assert_says("stopped in step 'roll'", "STARTING")
    story.results["proven"].assert_says("resumed in phase rolling", "PROVEN")
    story.results["by the product"].assert_says("PROVEN", "Deleted by the product itself", "route live")
    story.results["expired"].assert_says("does not accept the administrator's token", "Nothing was changed.")


def test_the_secrets_of_every_kind_were_there(story: Story) -> None:
    names = " ".join(story.planted)
    assert all(word in names for word in ("canary's JSESSIONID", "canary's seraph", "eve's JSESSIONID", "eve's seraph", "token "))
    # users and canary, before the first and the second deletion
    assert len([name for name in story.planted if name.startswith("token ")]) >= 4
    arguments = [b"\0".join(parts).decode() for pid, parts in all_arguments() if pid in story.site.pids().values()]
    assert [story.planted["arguments"] in one for one in arguments] == [True, True]


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_to_be_found(story: Story, place: str) -> None:
    need_log(story, place)
    assert story.watch.find(place, story.planted) == []


@pytest.mark.parametrize("place", [place for place in PLACES if place != "records"])
def test_the_sealed_canary_is_in_records_alone(story: Story, place: str) -> None:
    """Neither in a result (-v and more), nor in the log line of a module."""
    need_log(story, place)
    assert len(story.sealed) == 4
    assert story.watch.find(place, story.sealed) == []
    assert len(story.watch.find("records", story.sealed)) >= 4


@pytest.mark.parametrize("run_id", ["CHG-0", "CHG-1"], ids=["set aside", "proven"])
def test_a_run_that_is_over_keeps_no_canary_and_no_key(story: Story, run_id: str) -> None:
    assert sealed_canaries(story.site, run_id) == []
    assert keys_of_the_canary(story.site) == {}
    (path,) = story.site.archives.glob(f"*/{run_id}/run.json")
    assert json.loads(path.read_text(encoding="utf-8"))["record"]["phase"] == {"CHG-0": "abandoned", "CHG-1": "proven"}[run_id]


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_leak_is_found_by_the_same_search(story: Story, leak: Watch, place: str) -> None:
    need_log(story, place)
    assert leak.find(place, {"proof password": story.planted["proof password"]})


def test_a_secret_is_found_however_it_is_written() -> None:
    secret = 'a "b\\c/d+é'
    written = ['a \\"b\\\\c/d+\\u00e9', "a%20%22b%5Cc/d%2B%C3%A9", "a+%22b%5Cc%2Fd%2B%C3%A9", "YSAiYlxjL2Qrw6"]
    assert [one for one in written if not any(form in one.encode() for form in forms(secret))] == []
    assert not any(form in b"a b c d" for form in forms(secret))
