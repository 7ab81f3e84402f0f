# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's own look at the load balancer, as Ansible runs it: what failed in it is kept for the plan, and for nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

from demo.playbook import collections_path

LOOK = Path(__file__).parents[2] / "roles/force_reauth/tasks/look.yml"


def test_what_failed_in_the_look_is_told_of_no_later_failure_of_another_node(tmp_path: Path) -> None:
    tasks = yaml.safe_load(LOOK.read_text(encoding="utf-8"))
    (block,) = [one for one in tasks if one["name"].startswith("See what the operator's own load balancer")]
    site = [{"name": "Look", "ansible.builtin.fail": {"msg": "it is out"}, "when": "inventory_hostname == 'n1'"}]
    given = {"drain": "tasks", "drain_look_tasks": str(tmp_path / "site.yml")}
    later = {"name": "Fail", "ansible.builtin.fail": {"msg": "it is not up"}, "when": "inventory_hostname == 'n2'"}
    seen = {
        "n1": "__force_reauth_drain_look.msg == 'it is out' and not ansible_failed_result and not ansible_failed_task",
        "n2": "not __force_reauth_drain_look and ansible_failed_result.msg == 'it is not up'",
    }
    told = [{"ansible.builtin.assert": {"that": that}, "when": f"inventory_hostname == '{node}'"} for node, that in seen.items()]
    play = {"hosts": "all", "gather_facts": False, "vars": {"__force_reauth_given": given, "__force_reauth_acts": True}}
    begin: dict[str, t.Any] = {"ansible.builtin.set_fact": {"__force_reauth_drain_look": {}}}
    plays = [{**play, "tasks": [begin, block]}, {**play, "any_errors_fatal": True, "tasks": [{"block": [later], "rescue": told}]}]
    (tmp_path / "site.yml").write_text(json.dumps(site), encoding="utf-8")
    (tmp_path / "play.yml").write_text(json.dumps(plays), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "n1,n2,", "-c", "local", str(tmp_path / "play.yml")]
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(collections_path()), "ANSIBLE_LOCAL_TEMP": str(tmp_path)}
    ran = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("All assertions passed") == len(seen), ran.stdout
