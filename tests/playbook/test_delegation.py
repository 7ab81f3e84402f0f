# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task for the database host goes there by that host's own connection, wherever ``force_reauth_database_host`` stands.

``ssh`` is a program that notes how it was called and runs the command here.
"""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import pytest

from tests.playbook.runs import Site

SSH = """#!{python}
import json, os, sys
words = sys.argv[1:]
if words[-2:-1] and not words[-2].startswith("-"):
    with open({log!r}, "a") as file:
        file.write(json.dumps(words[:-1]) + "\\n")
    os.execvp("/bin/sh", ["/bin/sh", "-c", words[-1]])
"""


@pytest.fixture
def calls(site: Site) -> t.Callable[[], list[str]]:
    """How ssh was called, a line for each call, without the command."""
    log = site.folder / "ssh.log"
    program = site.folder / "ssh"
    program.write_text(SSH.format(python=sys.executable, log=str(log)), encoding="utf-8")
    program.chmod(0o755)
    return lambda: [" ".join(json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


def _inventory(site: Site, **changes: object) -> dict[str, t.Any]:
    given = {"database_name": site.cluster.database.name, **changes}
    made: dict[str, t.Any] = json.loads(json.dumps(site.cluster.inventory(**site.group_variables(given))))
    made["all"]["children"]["databases"] = {
        "hosts": {"db": {}},
        "vars": {
            "ansible_connection": "ssh",
            "ansible_host": "{{ inventory_hostname }}.example.org",
            "ansible_port": 2222,
            "ansible_user": "dba",
            "ansible_ssh_private_key_file": "/keys/{{ inventory_hostname }}",
            "ansible_ssh_executable": str(site.folder / "ssh"),
            "ansible_python_interpreter": sys.executable,
        },
    }
    return made


def _written(site: Site, inventory: dict[str, t.Any]) -> Path:
    path = site.folder / "two_groups.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    return path


def _by_group(site: Site) -> t.Any:
    return site.run("--check", inventory=_written(site, _inventory(site, database_host="db")))


def _by_host(site: Site) -> t.Any:
    inventory = _inventory(site)
    for host in inventory["all"]["children"]["tracker"]["hosts"].values():
        host["force_reauth_database_host"] = "db"
    return site.run("--check", inventory=_written(site, inventory))


def _by_extra_variable(site: Site) -> t.Any:
    return site.run("--check", "-e", "force_reauth_database_host=db", inventory=_written(site, _inventory(site)))


def _by_importing_playbook(site: Site) -> t.Any:
    importing = site.folder / "own.yml"
    play = {"import_playbook": "dcops.atlassian_sessions.force_reauth", "vars": {"force_reauth_database_host": "db"}}
    importing.write_text(json.dumps([play]), encoding="utf-8")
    return site.run("--check", inventory=_written(site, _inventory(site)), playbook=str(importing))


@pytest.mark.parametrize(
    "way",
    [
        _by_group,
        pytest.param(_by_host, marks=pytest.mark.long),
        pytest.param(_by_extra_variable, marks=pytest.mark.long),
        _by_importing_playbook,
    ],
    ids=lambda way: way.__name__,
)
def test_the_database_host_is_reached_by_its_own_connection(
    site: Site, calls: t.Callable[[], list[str]], way: t.Callable[[Site], t.Any]
) -> None:
    result = way(site)
    assert result.status == 0, result.output
    assert calls()
    for call in calls():
        assert call.endswith(" db.example.org")
        assert re.search(r"Port=2222.* IdentityFile=\"/keys/db\".* User=\"dba\"", call)


@pytest.mark.parametrize("playbook", ["expire_archives", "restore_tokens"])
def test_so_it_is_where_archives_are_removed_or_put_back(site: Site, calls: t.Callable[[], list[str]], playbook: str) -> None:
    wanted = {
        "force_reauth_expire_days": 30,
        "force_reauth_product": "jira",
        "force_reauth_database_engine": "sqlite",
        "force_reauth_restore_archives": [{"path": "/nowhere/one.tsv.gz", "sha256": "0" * 64}],
    }
    inventory = _written(site, _inventory(site, database_host="db", **wanted))
    result = site.run("--limit", "tracker", playbook=f"dcops.atlassian_sessions.{playbook}", inventory=inventory)
    assert result.status != 0
    result.assert_says("db: ")
    assert calls()
    assert all(call.endswith(" db.example.org") for call in calls())


SUDO = """#!{python}
import os, sys
words = sys.argv[1:]
sys.stderr.write(words[words.index("-p") + 1])
sys.stderr.flush()
password = b""
while not password.endswith(b"\\n"):
    password += os.read(0, 1)
with open({log!r}, "ab") as file:
    file.write(password)
os.execv("/bin/sh", words[words.index("/bin/sh"):])
"""


@pytest.mark.parametrize(
    ("password", "arguments", "own"),
    [
        pytest.param("ansible_become_password", "ansible_ssh_common_args", "passwords[inventory_hostname]", marks=pytest.mark.long),
        ("ansible_sudo_pass", "ansible_ssh_args", "hostvars[inventory_hostname].passwords[inventory_hostname]"),
    ],
    ids=lambda text: text.partition("[")[0],
)
def test_what_the_variables_of_the_database_host_take_from_its_name_is_its_own(
    site: Site, calls: t.Callable[[], list[str]], password: str, arguments: str, own: str
) -> None:
    log, program = site.folder / "sudo.log", site.folder / "sudo"
    program.write_text(SUDO.format(python=sys.executable, log=str(log)), encoding="utf-8")
    program.chmod(0o755)
    inventory = _inventory(site, database_host="db")
    inventory["all"]["vars"] = {**inventory["all"].get("vars", {}), "passwords": {"db": "of-db", "n1": "of-n1", "n2": "of-n2"}}
    inventory["all"]["children"]["databases"]["vars"] |= {
        "ansible_become": True,
        "ansible_become_exe": str(program),
        password: f"{{{{ {own} }}}}",
        arguments: "-o ProxyCommand=none-{{ inventory_hostname }}",
    }
    result = site.run("--check", "-vvvv", inventory=_written(site, inventory))
    assert result.status == 0, result.output
    assert set(log.read_text(encoding="utf-8").split()) == {"of-db"}
    assert all("ProxyCommand=none-db" in call for call in calls())
    assert "of-db" not in result.output


def test_what_runs_on_the_controller_asks_for_no_other_rights(site: Site) -> None:
    inventory = _inventory(site)
    # a sudo that nobody may use
    inventory["all"]["vars"] = {**inventory["all"].get("vars", {}), "ansible_become": True, "ansible_become_exe": "/bin/false"}
    for host in inventory["all"]["children"]["tracker"]["hosts"].values():
        host["ansible_become"] = False
    result = site.run("--check", inventory=_written(site, inventory))
    assert result.status == 0, result.output


def test_a_controller_that_is_reached_by_ssh_and_does_not_answer_is_said_in_words(site: Site) -> None:
    inventory = _inventory(site)
    inventory["all"]["hosts"] = {"localhost": {"ansible_connection": "ssh", "ansible_port": 9, "ansible_host": "127.0.0.1"}}
    result = site.run("--check", inventory=_written(site, inventory))
    assert result.status != 0
    result.assert_says("localhost: it was not reached", "'ansible localhost -m ansible.builtin.ping'", "Nothing was changed.")
