# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them: packed, in a process of their own, with everything that Ansible prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.backup import BACKUP_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import RESTORE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.steps import PURGE_OPTIONS

from demo.playbook import collections_path, write_config
from tests.database.site import Site, Values

PASSWORD = "Wr0ng-and-unmistakable"
OPTIONS = {"backup": BACKUP_OPTIONS, "purge": PURGE_OPTIONS, "restore": RESTORE_OPTIONS}


@dataclass(frozen=True)
class Played:
    """What came of a play."""

    status: int
    output: str
    results: dict[str, Values]


def task(module: str, site: Site, name: str, **more: object) -> Values:
    """A task of that module; its options come from variables, as a user's would."""
    keywords = {key: more.pop(key) for key in ("check_mode",) if key in more}
    given = {**site.options(), **more}
    options = {option: given[option] for option in OPTIONS[module] if given.get(option) is not None}
    return {
        "name": name,
        f"dcops.atlassian_sessions.remember_me_{module}": {**options, "database_password": "{{ password }}"},
        "register": name,
        "ignore_errors": True,
        **keywords,
    }


def play(tasks: list[Values], password: str, scratch: Path) -> Played:
    """Run the tasks with every word that Ansible can say."""
    results = scratch / "results.json"
    content = "{{ {" + ", ".join(f"'{one['register']}': {one['register']}" for one in tasks) + "} | to_json }}"
    keep = {"name": "Keep", "ansible.builtin.copy": {"content": content, "dest": str(results), "mode": "0600"}}
    playbook, variables = scratch / "play.json", scratch / "variables.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, keep]}]), encoding="utf-8")
    variables.write_text(json.dumps({"password": password, "ansible_python_interpreter": sys.executable}), encoding="utf-8")
    environment = {"ANSIBLE_CONFIG": str(write_config(scratch)), "ANSIBLE_COLLECTIONS_PATH": str(collections_path())}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", "-vvvvv", "-e", f"@{variables}", playbook],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    return Played(done.returncode, done.stdout + done.stderr, found)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_look_back_up_purge_look_again_and_restore(site: Site, scratch: Path) -> None:
    site.sign_in(30)
    rows = site.rows()
    archives = "{{ purge.archives | map('dict2items') | map('selectattr', 'key', 'in', ['path', 'sha256']) | map('items2dict') | list }}"
    played = play(
        [
            task("purge", site, "look", check_mode=True),
            task("backup", site, "backup"),
            task("purge", site, "purge", expected_rows="{{ look.rows }}"),
            task("purge", site, "leftovers", scope="archived"),
            task("restore", site, "refused", archives=archives),
            task("restore", site, "restore", archives=archives, accept_live_logins=True),
        ],
        site.database.password,
        scratch,
    )
    results = played.results
    assert {name: result["changed"] for name, result in results.items()} == {
        "look": True,
        "backup": True,
        "purge": True,
        "leftovers": False,
        "refused": False,
        "restore": True,
    }
    assert {name: result.get("rows") for name, result in results.items()} == {
        "look": 30,
        "backup": 30,
        "purge": 30,
        "leftovers": 0,
        "refused": None,
        "restore": 30,
    }
    assert "accept_live_logins" in results["refused"]["msg"]
    assert site.rows() == rows
    assert not [row[2] for row in rows if row[2] in played.output]
    assert not site.database.password or site.database.password not in played.output


def test_failures_are_sentences_without_the_password(postgres_site: Site, scratch: Path) -> None:
    played = play(
        [
            task("purge", postgres_site, "purge"),
            task("backup", postgres_site, "backup"),
            task("restore", postgres_site, "restore", archives=[{"path": "/x", "sha256": "0"}], accept_live_logins=True),
        ],
        PASSWORD,
        scratch,
    )
    # the archives are looked at before the database is
    messages = sorted(result["msg"] for result in played.results.values())
    assert messages[0] == "/x is no archive: the name of one ends with .tsv.gz, or .age after it."
    assert all("refuses the user name or the password" in message for message in messages[1:])
    assert len(messages) == 3
    assert PASSWORD not in played.output
    assert "Traceback" not in played.output


def test_a_password_that_is_a_part_of_the_cluster_s_name_is_refused_before_anything_is_deleted(sqlite: Site, scratch: Path) -> None:
    sqlite.create().sign_in(3)
    played = play([task("purge", sqlite, "look", check_mode=True), task("purge", sqlite, "purge")], "jira", scratch)
    said = "database_password: this secret is also a part of what has to be told here (cluster"
    assert [said in result["msg"] for result in played.results.values()] == [True, True]
    assert len(sqlite.rows()) == 3


def test_the_control_a_password_in_another_option_is_seen(postgres_site: Site, scratch: Path) -> None:
    """What the other tests look for would be found if it were there."""
    played = play([task("purge", postgres_site, "purge", run_id=f"x{PASSWORD}")], "", scratch)
    assert PASSWORD in played.output
