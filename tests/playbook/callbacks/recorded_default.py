# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own output of the same run, written to a file: what another callback shows is compared with it."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.plugins.callback.default import CallbackModule as DefaultCallback

DOCUMENTATION = r"""
name: recorded_default
type: aggregate
short_description: What the default callback would show
description: For tests.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""


class _Recorder:
    """In the place of the display: lines go to the file that RECORDED_DEFAULT names."""

    verbosity = 0

    def display(self, msg: str, *_arguments: t.Any, log_only: bool = False, **_options: t.Any) -> None:
        if not log_only:
            with Path(os.environ["RECORDED_DEFAULT"]).open("a", encoding="utf-8") as file:
                file.write(f"{msg}\n")

    def banner(self, msg: str, *_arguments: t.Any, **_options: t.Any) -> None:
        self.display(msg)

    def __getattr__(self, _name: str) -> t.Callable[..., None]:
        return lambda *_arguments, **_options: None


class CallbackModule(DefaultCallback):  # type: ignore[misc] # ansible ships no types
    """The default callback, beside another one."""

    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorded_default"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._display = _Recorder()
