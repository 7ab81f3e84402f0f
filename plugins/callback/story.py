# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows a run of this collection as a story, on one screen. What it says is decided by ``_roll/story.py``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: story
type: stdout
short_description: Show a sign-out as a story on one screen
version_added: 0.2.0
description:
  - Shows the playbooks of this collection as the plan, one line for each step, one line for each node that moves through drain, stop,
    start, gate and back with its seconds, failures and refusals as they are, and the verdict at the end.
  - On a terminal the lines of nodes are drawn anew while they move. In a log, and where colours are switched off (C(NO_COLOR)), each is
    written once, when the node is back.
  - Tasks and plays that are not of this collection are shown as P(ansible.builtin.default#callback) does.
  - No argument of a task is shown. With C(-v) the name of each task is.
requirements:
  - set as stdout callback in the configuration (C(ANSIBLE_STDOUT_CALLBACK=dcops.atlassian_sessions.story))
extends_documentation_fragment:
  - default_callback
  - result_format_callback
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

import os
import shutil
import sys
import threading
import time
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.story import Story

_ROOT = Path(__file__).resolve().parents[2]
_OURS = tuple(f"{_ROOT / name}/" for name in ("playbooks", "roles"))


class CallbackModule(DefaultCallback):  # type: ignore[misc] # ansible ships no types
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "dcops.atlassian_sessions.story"

    def __init__(self) -> None:
        super().__init__()
        self._story = Story()
        self._others = False
        self._drawn = 0
        # Ansible calls from two threads
        self._lock = threading.RLock()
        self._redraws = (
            sys.stdout.isatty() and not constants.ANSIBLE_NOCOLOR and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        )
        self._plain: t.Callable[..., None] = self._display.display

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        """From here on what anybody prints goes around the lines that are drawn anew."""
        self._display.display = self._through
        super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Ours is told by its first task."""
        if self._is_ours(play):
            self._play = play
            self._story.play(play.get_name().strip())
        else:
            self._others = True
            self._story.play("")
            super().v2_playbook_on_play_start(play)

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        """Only others have a banner."""
        if not self._is_ours(task):
            self._others = True
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        """On one host."""
        if self._is_ours(task):
            self._tell(lambda now: self._story.began(host.get_name(), _short(task.action), now))
        else:
            super().v2_runner_on_start(host, task)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A step of a node, perhaps."""
        if not self._is_ours(result._task):
            super().v2_runner_on_ok(result)
            return
        self._handle_warnings(result._result)
        self._name("ok", result)
        self._tell(lambda now: self._story.ended(_host(result), result._result, now))

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """Nothing was done."""
        if not self._is_ours(result._task):
            super().v2_runner_on_skipped(result)
        else:
            self._name("skipped", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Whole. The items of a loop have been told each."""
        if not self._is_ours(result._task):
            super().v2_runner_on_failed(result, ignore_errors)
        elif not (result._task.loop and "results" in result._result):
            self._failed(result, "ignored" if ignore_errors else "FAILED")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """Whole."""
        if self._is_ours(result._task):
            self._failed(result, "UNREACHABLE")
        else:
            super().v2_runner_on_unreachable(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """Told by its task."""
        if not self._is_ours(result._task):
            super().v2_runner_item_on_ok(result)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        """Told by its task."""
        if not self._is_ours(result._task):
            super().v2_runner_item_on_skipped(result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """Whole."""
        if self._is_ours(result._task):
            self._failed(result, "ignored" if result._task.ignore_errors else "FAILED")
        else:
            super().v2_runner_item_on_failed(result)

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """A file of the site is somebody else's."""
        ours = getattr(included_file, "_is_role", False) or os.path.realpath(included_file._filename).startswith(_OURS)
        if not (ours and self._is_ours(included_file._task)):
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """The play at the end of ours has no hosts, as it should be."""
        if self._play is None or not self._is_ours(self._play):
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """The recap is for the tasks of others."""
        self._tell(self._story.over)
        self._display.display = self._plain
        if self._others or (stats.custom and self.get_option("show_custom_stats")):
            super().v2_playbook_on_stats(stats)

    def _failed(self, result: t.Any, how: str) -> None:
        self._handle_warnings(result._result)
        color = constants.COLOR_SKIP if how == "ignored" else constants.COLOR_ERROR
        name = result._task.get_name().strip().rpartition(" : ")[2]
        self._tell(lambda now: self._story.failed(_host(result), name, result._result, now, how), color)

    def _name(self, what: str, result: t.Any) -> None:
        if self._display.verbosity:
            self._tell(lambda _now: [f"    {what} [{_host(result)}] {result._task.get_name().strip()}"])

    def _tell(self, happen: t.Callable[[float], list[str]], color: str | None = None) -> None:
        """Let it happen, print the lines that stay, and draw those that move."""
        with self._lock:
            lines = happen(time.monotonic())
            self._erase()
            if lines:
                self._plain("\n".join(lines), color=color)
            self._draw()

    def _through(self, msg: str, *arguments: t.Any, **options: t.Any) -> None:
        """In the place of ``Display.display``. A worker hands it on to the main process, where it comes here again."""
        if getattr(self._display, "_final_q", None):
            self._plain(msg, *arguments, **options)
            return
        with self._lock:
            text = self._story.said(msg)
            self._erase()
            if text is not None:
                self._plain(text, *arguments, **options)
            self._draw()

    def _erase(self) -> None:
        if self._drawn:
            sys.stdout.write("\x1b[1A\x1b[2K" * self._drawn)
            self._drawn = 0

    def _draw(self) -> None:
        if self._redraws:
            lines = self._story.live(time.monotonic(), shutil.get_terminal_size().columns)
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
            self._drawn = len(lines)

    def _is_ours(self, thing: t.Any) -> bool:
        """Whether a play or a task stands in a file of this collection."""
        path = thing.get_path() or f"{getattr(getattr(thing, '_role', None), '_role_path', '')}/"
        return os.path.realpath(path.rpartition(":")[0] or path).startswith(_OURS) or f"{os.path.realpath(path)}/".startswith(_OURS)


def _host(result: t.Any) -> str:
    return str(result._host.get_name())


def _short(action: str) -> str:
    return str(action).rpartition(".")[2]
