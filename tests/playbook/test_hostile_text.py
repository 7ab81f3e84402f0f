# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of a node that looks like a template is text: none runs on the controller. The matrix runs this on other ansible-cores, too."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

from tests.playbook.runs import Site

# Runs the module as asked, and writes a template behind texts of its answer.
WRITER = """#!{python}
import json, subprocess, sys
NAMES, TEMPLATE = {names!r}, {template!r}
def hostile(value, here):
    if isinstance(value, dict):
        return {{key: hostile(one, here or (key in NAMES and (key != "value" or "source" in value))) for key, one in value.items()}}
    if isinstance(value, list):
        return [hostile(one, here) for one in value]
    return value + TEMPLATE if here and isinstance(value, str) else value
done = subprocess.run([{python!r}, *sys.argv[1:]], stdin=sys.stdin, capture_output=True, text=True)
lines = [json.dumps(hostile(json.loads(line), not NAMES)) if line.startswith("{{") else line for line in done.stdout.splitlines()]
print("\\n".join(lines))
sys.stderr.write(done.stderr)
sys.exit(done.returncode)
"""
# what a run only shows and keeps; "value" of a finding, not that of a cookie
SHOWN = ("version", "title", "where", "survives", "value", "source", "saw", "oldest", "notes", "nodes_note", "role_in_cluster", "cut_off")
CONTROL = """---
- name: Run what is written
  hosts: n1
  gather_facts: false
  tasks:
    - name: Run it
      ansible.builtin.debug:
        msg: "{template}"
"""


class Hostile(t.NamedTuple):
    """A template that would leave a file."""

    template: str
    left: Path


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    left = tmp_path / "it-ran"
    return Hostile(f"{{{{ lookup('pipe', 'touch {left}') }}}}", left)


def answered_by(site: Site, hostile: Hostile, names: t.Sequence[str]) -> list[str]:
    """The option that puts such a Python on every host, the database host too; without names all texts are hostile."""
    writer = site.folder / "writer"
    writer.write_text(WRITER.format(python=sys.executable, names=tuple(names), template=hostile.template), encoding="utf-8")
    writer.chmod(0o755)
    return ["-e", f"ansible_python_interpreter={writer}"]


def test_the_template_would_leave_a_file(make_site: t.Callable[..., Site], hostile: Hostile) -> None:
    """The control: written by the operator it runs."""
    site = make_site(nodes=1)
    playbook = site.folder / "control.yml"
    playbook.write_text(CONTROL.format(template=hostile.template), encoding="utf-8")
    assert site.run(playbook=str(playbook)).status == 0
    assert hostile.left.exists()


@pytest.mark.long
def test_a_run_shows_and_keeps_hostile_text_of_every_host_and_runs_none(make_site: t.Callable[..., Site], hostile: Hostile) -> None:
    site = make_site(nodes=2)
    result = site.run(*answered_by(site, hostile, SHOWN))
    assert not hostile.left.exists()
    assert result.status == 0, result.output
    result.assert_says("PROVEN", f"Not ended by this procedure: personal access tokens{hostile.template}")


def test_a_template_in_the_files_of_a_node_is_an_unknown_value_and_no_more(make_site: t.Callable[..., Site], hostile: Hostile) -> None:
    site = make_site(nodes=2)
    for node in site.cluster.nodes:
        settings = node.home / "cluster.properties"
        settings.write_text(settings.read_text(encoding="utf-8").replace(node.name, f"{node.name}{hostile.template}"), encoding="utf-8")
    result = site.run("-vvv", "--check")
    assert not hostile.left.exists()
    assert result.status == 0, result.output
    assert '"node_id": ""' in result.output
    result.assert_says("Check mode: nothing is changed.")


def test_a_host_whose_every_word_is_hostile_is_refused_and_nothing_runs(make_site: t.Callable[..., Site], hostile: Hostile) -> None:
    site = make_site(nodes=1)
    before = site.state_of_everything()
    result = site.run(*answered_by(site, hostile, ()), accept_outage=True)
    assert not hostile.left.exists()
    assert result.status != 0
    result.assert_says("Nothing was changed.")
    assert site.state_of_everything() == before
