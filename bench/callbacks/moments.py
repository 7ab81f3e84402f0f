# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down when each play and task of a run began, a line of JSON each, into the file that MOMENTS_FILE names."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: moments
type: aggregate
short_description: when each play and task began
description: Writes a line of JSON for each play and task, into the file that the environment variable MOMENTS_FILE names.
requirements: [enabled in configuration]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # shipped without types
    """Its clock is that of the machine: another process reads the same."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "moments"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """A play, or a batch of one."""
        self._write("play", play.get_name())

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:  # noqa: ARG002  # as the base class has it
        """A task."""
        self._write("task", task.get_name())

    def v2_playbook_on_stats(self, stats: t.Any) -> None:  # noqa: ARG002  # as the base class has it
        """The end."""
        self._write("end", "")

    def _write(self, kind: str, name: str) -> None:
        with open(os.environ["MOMENTS_FILE"], "a", encoding="utf-8") as file:  # noqa: PTH123  # once a task
            file.write(json.dumps({"at": time.monotonic(), "kind": kind, "name": name}) + "\n")
