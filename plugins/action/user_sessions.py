# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends the sessions of users on the node in pieces of some seconds, and says in between how far it is."""

from __future__ import annotations

import time
import typing as t

from ansible.utils.display import Display
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import progress_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live_blocks import progress_line
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction

# of a piece: the seconds, and the names that are sent with it, of each request at a time. A piece costs the start of a module
_SECONDS, _MOST = 30.0, 2500
# whoever gives these makes pieces of their own
_OF_PIECES = ("seconds", "progress")
_NUMBERS = ("parallel", "done_before", "of_all")


class ActionModule(AnsweringAction):
    """See the documentation of the module of the same name."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """End them all, or fail with what the module says."""
        result = self.begin(tmp, task_vars)
        names = self._task.args.get("usernames")
        if self._task.check_mode or not isinstance(names, list) or not names or not _may_be_pieces(self._task.args):
            return {**result, **self.ask(self._task.action, self._task.args, task_vars)}
        began = time.monotonic()
        found: dict[str, t.Any] = {"ended": 0, "unknown": 0, "progress": {}}
        while True:
            piece = self.ask(self._task.action, self._piece(names, found["progress"]), task_vars)
            done = _done(piece)
            if piece.get("failed") or piece.get("unreachable") or done <= _done(found):
                return {**result, **piece, **({} if piece.get("failed") or piece.get("unreachable") else _stuck())}
            found = {**piece, **{count: found[count] + int(piece[count]) for count in ("ended", "unknown")}}
            if done >= len(names):
                return {**result, **found, "seconds": time.monotonic() - began}
            self._tell(done, len(names), time.monotonic() - began)

    def _piece(self, names: list[str], progress: dict[str, t.Any]) -> dict[str, t.Any]:
        done = _done({"progress": progress})
        most = _MOST * max(1, int(self._task.args.get("parallel") or 1))
        return {**self._task.args, "usernames": names[done : done + most], "progress": progress, "seconds": _SECONDS}

    def _tell(self, done: int, here: int, seconds: float) -> None:
        before, of_all = (int(self._task.args.get(name) or 0) for name in ("done_before", "of_all"))
        Display().display(shown(f"  {progress_line(done, of_all or before + here, seconds, before)}"))


def _may_be_pieces(arguments: t.Mapping[str, t.Any]) -> bool:
    """Whether nobody makes pieces already, and what is to be a number is one; else it is the module's to do, or to refuse."""
    given = [str(arguments.get(name) or 0) for name in _NUMBERS]
    return not any(arguments.get(name) for name in _OF_PIECES) and all(one.strip().isdecimal() for one in given)


def _done(found: t.Mapping[str, t.Any]) -> int:
    progress = progress_in(found.get("progress"))
    return progress["names"] if progress else 0


def _stuck() -> dict[str, t.Any]:
    return {"failed": True, "msg": "The node did not say whose sessions were ended: nothing is known of the others."}
