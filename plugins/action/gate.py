# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``node_ready`` on the node again and again, and shows what it sees while it waits."""

from __future__ import annotations

import contextlib
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.gate import Limits, Look, Passage, wait_at
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction

OWN_OPTIONS: dict[str, t.Any] = {
    "settle_polls": {"type": "int", "default": 3},
    "poll_seconds": {"type": "float", "default": 5.0},
    "timeout": {"type": "int", "default": 1800},
}
LOOK_OPTIONS: dict[str, t.Any] = {
    **WEB_OPTIONS,
    # of the node: what ~ stands for is known there
    "install_dir": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "stopped"], "default": "running"},
    "old_process": {"type": "str", "default": ""},
}
# of the words of a connection
_MOST_OF_A_REASON = 400
# in the words of every connection whose sudo took too long; before ansible-core 2.19 it is no AnsibleConnectionFailure
_SLOW_SUDO = "waiting for privilege escalation"


class ActionModule(AnsweringAction):
    """See the documentation of the module of the same name."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Wait until the node is ready, or fail with the last thing seen."""
        result = self.begin(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec={**LOOK_OPTIONS, **OWN_OPTIONS})
        if self._task.check_mode:
            return {
                **result,
                "changed": False,
                "skipped": True,
                "msg": "Not rehearsed: in check mode no node is restarted, so there is nothing to wait for.",
            }
        limits = Limits(options["settle_polls"], options["poll_seconds"], options["timeout"])
        look_options = {name: options[name] for name in LOOK_OPTIONS}
        node = (task_vars or {}).get("inventory_hostname", "")

        ask = "dcops.atlassian_sessions.node_ready"
        looked = _Node(lambda wait: self.ask(ask, {**look_options, "wait": wait}, task_vars), self._connect_anew, limits)
        passage = wait_at(limits, looked.look, time.monotonic, looked.sleep, lambda line: Display().display(shown(f"  {node}: {line}")))
        return {**result, **_told(passage, options)}

    def _connect_anew(self) -> None:
        """At the next look: not by what is left of a connection that was lost."""
        with contextlib.suppress(AnsibleError):
            self._connection.reset()


class _Node:
    """Looks at a node. Until it is ready, each look waits on the node itself, which sees at once when it is.

    A host that starts a Java process may lose a connection, or kill a module: what did not answer is looked at again.
    """

    def __init__(self, ask: t.Callable[[float], dict[str, t.Any]], connect_anew: t.Callable[[], None], limits: Limits) -> None:
        # never longer than the whole wait may take
        self._ask, self._connect_anew, self._pause = ask, connect_anew, min(limits.pause, limits.timeout)
        self._wait, self._answered = self._pause, True

    def look(self) -> Look:
        """What ``node_ready`` sees; raises AnsibleActionFail when it refuses to look, AnsibleError where waiting is of no use."""
        try:
            found = self._ask(self._wait)
        except AnsibleAuthenticationFailure:
            # a wrong password that is tried again and again locks the account
            raise
        except AnsibleError as error:
            if not _is_lost(error):
                raise
            return self._no_answer(str(error))
        if "module_stdout" in found:
            return self._no_answer(_broken_off(found))
        if found.get("failed"):
            raise AnsibleActionFail(found.get("msg", "the node could not be looked at"), result=found)
        self._wait, self._answered = 0.0 if found["ready"] else self._pause, True
        return Look(found["ready"], found["process"], found["saw"])

    def _no_answer(self, reason: str) -> Look:
        self._connect_anew()
        self._wait, self._answered = self._pause, False
        return Look(False, "", f"it does not answer: {shown(reason.strip().rstrip('.'), _MOST_OF_A_REASON)}")

    def sleep(self, seconds: float) -> None:
        """Before the next look, unless that waits itself. One that is not answered may end at once."""
        if not self._wait or not self._answered:
            time.sleep(seconds)


def _is_lost(error: AnsibleError) -> bool:
    """Whether a later look may be answered. A wrong password of sudo is none of these."""
    return isinstance(error, AnsibleConnectionFailure) or _SLOW_SUDO in str(error)


def _broken_off(found: t.Mapping[str, t.Any]) -> str:
    """Of a module that gave no JSON; why stands on the last line, as 'Killed'. What is only data has its line ends escaped."""
    lines = f"{found.get('module_stdout') or ''}\\n{found.get('module_stderr') or ''}".split("\\n")
    said = [line.strip() for line in lines if line.strip()]
    return f"its Python ended with status {found.get('rc', 'unknown')} and without an answer" + (f": {said[-1]}" if said else "")


def _told(passage: Passage, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    told = {"changed": False, "process": passage.process, "saw": passage.saw, "seconds": passage.seconds, "polls": passage.looks}
    if passage.passed:
        return told
    wanted = "up" if options["state"] == "running" else "gone"
    return {**told, "failed": True, "msg": f"The node was not {wanted} within {options['timeout']} s. Last seen: {shown(passage.saw)}."}
