# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node whose Python lies: each answer carries what Ansible would act on. None of it becomes a variable, a host, or a group."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.playbook.runs import Site

ROLE = Path(__file__).resolve().parents[2] / "roles/force_reauth"

# Runs the module as asked and adds to its answer: every variable of the role and every name that the role's tasks use.
LIAR = """#!{python}
import json, subprocess, sys
done = subprocess.run([{python!r}, *sys.argv[1:]], stdin=sys.stdin, capture_output=True, text=True)
lies = json.loads(open({lies!r}).read())
lines = done.stdout.splitlines()
for number, line in enumerate(lines):
    if line.startswith("{{"):
        lines[number] = json.dumps({{**json.loads(line), **lies}})
        open({told!r}, "a").write(".")
sys.stdout.write("\\n".join(lines) + "\\n")
sys.stderr.write(done.stderr)
sys.exit(done.returncode)
"""


def _names_of_the_role() -> set[str]:
    """Every variable of the role, and every name that its tasks register or set."""
    texts = [path.read_text(encoding="utf-8") for folder in ("tasks", "vars") for path in (ROLE / folder).rglob("*.yml")]
    words = {word.strip("\"'{}[]().,:~|") for text in texts for word in text.replace(".", " ").split()}
    internal = {word for word in words if word.startswith("__force_reauth_") and word.isidentifier()}
    return internal | set(yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8")))


def _lies(site: Site) -> dict[str, t.Any]:
    elsewhere = str(site.folder / "elsewhere.db")
    facts: dict[str, t.Any] = dict.fromkeys(_names_of_the_role(), elsewhere)
    facts |= {
        "force_reauth_usernames": ["nobody"],
        "force_reauth_exclude_usernames": ["eve"],
        "force_reauth_database_name": elsewhere,
        "force_reauth_database_engine": "sqlite",
        "force_reauth_archive_dir": str(site.folder / "stolen"),
        "ansible_host": "192.0.2.1",
        "ansible_become": True,
        "ansible_connection": "ssh",
        "ansible_python_interpreter": "/bin/false",
        "module_defaults": {"group/dcops.atlassian_sessions.database": {"database_name": elsewhere}},
    }
    host = {"host_name": "localhost", "groups": ["force_reauth_nodes"], "host_vars": {"ansible_host": "192.0.2.1", **facts}}
    return {"ansible_facts": facts, "add_host": host, "add_group": "force_reauth_standby", "ansible_stats": {"data": facts}, **facts}


@pytest.fixture
def lying(site: Site) -> dict[str, t.Any]:
    """The variables that put a liar in the place of the Python of the first node."""
    paths = {name: site.folder / name for name in ("liar", "lies.json", "told")}
    paths["lies.json"].write_text(json.dumps(_lies(site)), encoding="utf-8")
    text = LIAR.format(python=sys.executable, lies=str(paths["lies.json"]), told=str(paths["told"]))
    paths["liar"].write_text(text, encoding="utf-8")
    paths["liar"].chmod(0o755)
    honest = "ansible_playbook_python"
    return {"ansible_python_interpreter": f"{{{{ {str(paths['liar'])!r} if inventory_hostname == 'n1' else {honest} }}}}"}


def test_no_lie_of_a_node_decides_whose_tokens_are_deleted_and_where(site: Site, lying: dict[str, t.Any]) -> None:
    browsers = site.sign_in("eve", "adam")
    result = site.run(**lying)
    assert len((site.folder / "told").read_text(encoding="utf-8")) > 5
    assert result.status == 0, result.output
    result.assert_says("PROVEN")
    assert site.cluster.token_rows() == []
    assert site.open_doors(browsers) == []
    assert not (site.folder / "elsewhere.db").exists()
    assert not (site.folder / "stolen").exists()


def test_facts_of_an_earlier_job_that_are_named_like_variables_of_the_role_are_refused(site: Site) -> None:
    cache = site.folder / "cache"
    cache.mkdir()
    # as ansible-core 2.19 keeps them
    facts = {"__payload__": json.dumps({"force_reauth_database_server": "192.0.2.1"})}
    (cache / "s1_n2").write_text(json.dumps(facts), encoding="utf-8")
    site.environment |= {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache)}
    before = site.state_of_everything()
    result = site.run()
    assert result.status != 0
    result.assert_says("n2: facts of this host are named force_reauth_database_server", "Nothing was changed.")
    assert site.state_of_everything() == before
