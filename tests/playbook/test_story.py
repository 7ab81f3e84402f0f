# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story on a screen and in a log. The matrix runs this on other ansible-cores, too."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from demo.playbook import PLAYBOOK, STORY
from tests.playbook.runs import Result, Site

MakeSite = t.Callable[..., Site]
CALLBACKS = Path(__file__).parent / "callbacks"
DRAIN = "---\n- name: A task of the site\n  ansible.builtin.debug:\n    msg: the site drains\n"
SILENT = "---\n- name: A task of the site\n  ansible.builtin.meta: noop\n"


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """Two nodes, the story on the screen, and beside it what the default callback would show."""
    found = make_site(nodes=2)
    found.sign_in("eve")
    found.environment = {
        "ANSIBLE_STDOUT_CALLBACK": STORY,
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "recorded_default",
        "RECORDED_DEFAULT": str(found.folder / "default.log"),
    }
    return found


def messages_of_default(site: Site) -> list[str]:
    """What the default callback said of failures, each as it is meant."""
    log = Path(site.environment["RECORDED_DEFAULT"])
    text = log.read_text(encoding="utf-8")
    log.unlink()
    found = re.findall(r"^(?:fatal|failed): .*?=> (\{.*\})$", text, re.MULTILINE)
    return [str(json.loads(one).get("msg", "")) for one in found]


def on_a_terminal(site: Site, *words: str) -> tuple[int, str]:
    """Exit status, and all that the terminal was sent."""
    master, slave = pty.openpty()
    environment = {**site.environment_of_runs(), "TERM": "xterm", "COLUMNS": "200"}
    del environment["ANSIBLE_NOCOLOR"]
    command = site.command("-i", str(site.folder / "inventory.yml"), PLAYBOOK, *words)
    process = subprocess.Popen(command, env=environment, cwd=site.folder, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    sent = b""
    try:
        while data := os.read(master, 65536):
            sent += data
    except OSError:
        # the other side is closed
        pass
    os.close(master)
    return process.wait(), sent.decode(errors="replace")


def screen(sent: str) -> list[str]:
    """The lines that stand there at the end."""
    lines = [""]
    for part in re.split(r"(\x1b\[1A|\x1b\[2K|\r?\n)", re.sub(r"\x1b\[[\d;]*m", "", sent)):
        if part == "\x1b[1A":
            lines.pop()
        elif part == "\x1b[2K":
            lines[-1] = ""
        elif part.endswith("\n"):
            lines.append("")
        else:
            lines[-1] += part
    return lines


def lines_of(result: Result) -> list[str]:
    return result.output.splitlines()


@pytest.mark.long
def test_a_failed_gate_is_told_whole_and_the_resume_fits_a_terminal(site: Site) -> None:
    files = [site.folder / f"{name}.yml" for name in ("drain", "undrain")]
    for file in files:
        file.write_text(DRAIN, encoding="utf-8")
    site.cluster["n1"].behave(next_start_hangs=True)
    tasks: dict[str, t.Any] = {
        "drain": "tasks",
        "drain_tasks": str(files[0]),
        "undrain_tasks": str(files[1]),
    }
    failed = site.run("-e", "force_reauth_run_id=CHG-1", inventory=site.write_inventory(gate_timeout=4, **tasks))
    assert failed.status != 0
    lines = lines_of(failed)
    assert lines[0] == "> Look at every node and at the tokens, then plan"
    assert [line for line in lines if re.match(r"n1 +drain \d+ s > stop \d+ s > start \d+ s > gate \d+ s, failed$", line)], failed.output
    messages = messages_of_default(site)
    assert messages
    assert [one for one in messages if one not in failed.output] == []
    # a task of the site is shown as ever, one of ours never
    failed.assert_says("A task of the site] ***", '"msg": "the site drains"')
    assert failed.output.count("TASK [") == 1

    site.cluster["n1"].behave(next_start_hangs=False)
    for file in files:
        file.write_text(SILENT, encoding="utf-8")
    site.write_inventory(**tasks)
    status, sent = on_a_terminal(site, "-e", "force_reauth_run_id=CHG-1")
    assert status == 0, sent
    shown = [line for line in screen(sent) if line]
    told = shown[: next(number for number, line in enumerate(shown) if line.startswith("PLAY RECAP"))]
    assert len([line for line in told if not line.startswith(("included: ", "TASK ["))]) <= 40, sent
    assert [line.split()[0] for line in told if " > " in line and line[0] != ">"] == ["n1", "n2"]
    assert sent.count("\x1b[1A") > 5
    assert any(line == "Run CHG-1: PROVEN" for line in told)
    assert told[-1] == "-" * 100


@pytest.mark.long
@pytest.mark.parametrize("verbose", [(), ("-v",)], ids=["", "-v"])
def test_a_good_run_in_a_log_is_plain_short_and_says_each_thing_once(site: Site, verbose: tuple[str, ...]) -> None:
    done = site.run(*verbose, run_id="CHG-1")
    assert done.status == 0, done.output
    lines = [line for line in lines_of(done) if not line.startswith(("    ok [", "    skipped [", "Using /"))]
    assert "\x1b" not in done.output
    assert [line for line in lines if line.startswith("> ")] == [
        "> Look at every node and at the tokens, then plan",
        "> Sign in the canary",
        "> Back up and delete the tokens, once (route outage stops every node first)",
        "> Restart every node, batch by batch",
        "> Prove that every old cookie is dead, on every node",
    ]
    ways = [line for line in lines if re.fullmatch(r"n\d +stop \d+ s > start \d+ s > gate \d+ s > back \d+ s", line)]
    assert [line.split()[0] for line in ways] == ["n1", "n2"]
    assert len(lines) <= 40
    assert lines[-1] == "-" * 100
    assert bool(verbose) == ("    ok [n1] " in done.output)
    assert not [secret for secret in site.secrets.values() if secret and secret in done.output]


@pytest.mark.long
def test_a_rehearsal_and_a_refusal_tell_no_step_that_was_not_taken(site: Site) -> None:
    rehearsed = site.run("--check")
    assert rehearsed.status == 0, rehearsed.output
    assert [line for line in lines_of(rehearsed) if line.startswith("> ")] == ["> Look at every node and at the tokens, then plan"]
    rehearsed.assert_says("Check mode: nothing is changed.")
    for name, value, sentence in (("route", "outage", "force_reauth_accept_outage=true"), ("hosts", "none", "meets no host")):
        refused = site.run(inventory=site.write_inventory(**{name: value}))
        assert refused.status != 0
        refused.assert_says("FAILED ", sentence, "Nothing was changed.")
        messages = messages_of_default(site)
        assert messages
        assert [one for one in messages if one not in refused.output] == []


@pytest.mark.long
def test_a_playbook_of_the_site_around_ours_is_shown_as_ever(site: Site) -> None:
    playbook = site.folder / "ours.yml"
    playbook.write_text(
        "---\n- name: Before\n  hosts: localhost\n  gather_facts: false\n  tasks:\n    - name: Tell the users\n"
        "      ansible.builtin.debug:\n        msg: told\n"
        f"- name: Sign everybody out\n  ansible.builtin.import_playbook: {PLAYBOOK}\n",
        encoding="utf-8",
    )
    done = site.run("--check", playbook=str(playbook))
    assert done.status == 0, done.output
    done.assert_says("PLAY [Before]", "TASK [Tell the users]", '"msg": "told"', "> Look at every node", "PLAY RECAP")
    assert done.output.count("PLAY [") == done.output.count("TASK [") == 1
