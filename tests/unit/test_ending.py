# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module tells its whole result, or refuses it where Ansible would put stars into it."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from contextlib import nullcontext

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import check_told, end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

from demo.playbook import collections_path

COOKIES = {"type": "list", "elements": "dict", "no_log": False, "options": {"name": {}, "value": {"type": "str", "no_log": True}}}
SPEC: dict[str, t.Any] = {"user": {"type": "str"}, "password": {"type": "str", "no_log": True}, "key": {"no_log": True}, "cookies": COOKIES}


@pytest.mark.parametrize(
    ("told", "options", "said"),
    [
        ({"usernames": ["canary", "eve", "jira", "jira-admin"]}, {"password": "jira"}, "password: this secret .*told here \\(usernames\\)"),
        ({"cluster": "jira-8ae2a4505ed1"}, {"password": "jira"}, "\\(cluster\\)"),
        ({"found": [{"place": ("/srv/jira", 7)}], "rows": 1}, {"password": "jira"}, "\\(found\\)"),
        ({"rows": 12345}, {"password": "234"}, "\\(rows\\)"),
        (
            {"answers": [{"user": "eve"}]},
            {"cookies": [{"name": "x", "value": "long"}, {"name": "y", "value": "eve"}]},
            "cookies: .*answers",
        ),
        ({"a": "xy", "b": "y"}, {"password": "x", "key": "y"}, "password and key: .*\\(a, b\\)"),
        ({"usernames": ["Jira"], "cluster": "c"}, {"password": "jira"}, ""),
        ({"usernames": ["jira"], "changed": True}, {"user": "jira", "password": "", "key": None}, ""),
        ({"usernames": ["eve"]}, {"password": "-eve-", "cookies": [{"name": "eve", "value": ""}]}, ""),
        ({"jira": ("eve", None, 1.5)}, {"password": "jira"}, ""),
    ],
    ids=[
        "user names",
        "a part of the cluster's name",
        "deep inside",
        "a part of a number",
        "the value of a cookie",
        "two secrets",
        "another case",
        "an option that is no secret",
        "longer than what is told",
        "the name of a value",
    ],
)
def test_what_ansible_would_put_stars_into_is_refused(told: dict[str, t.Any], options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(SessionsError, match=said) if said else nullcontext():
        check_told(told, SPEC, options)


def test_the_refusal_holds_no_secret() -> None:
    with pytest.raises(SessionsError) as refused:
        check_told({"cluster": "s3cret-1"}, SPEC, {"password": "s3cret"})
    assert "s3cret" not in str(refused.value)


class Module:
    """Keeps what it was ended with."""

    argument_spec = SPEC

    def __init__(self, **params: t.Any) -> None:
        self.params = params
        self.ended: list[dict[str, t.Any]] = []

    def fail_json(self, msg: str) -> None:
        self.ended.append({"failed": True, "msg": msg})
        raise SystemExit(1)

    def exit_json(self, **result: t.Any) -> None:
        self.ended.append(result)


def test_a_module_ends_with_all_that_it_tells() -> None:
    module = Module(password="s3cret")
    end(module, {"changed": False, "usernames": ["jira"]})
    assert module.ended == [{"changed": False, "usernames": ["jira"]}]


def test_a_module_that_cannot_tell_all_fails() -> None:
    module = Module(password="jira")
    with pytest.raises(SystemExit):
        end(module, {"changed": False, "usernames": ["jira"]})
    (ended,) = module.ended
    assert ended["failed"]
    assert "(usernames)" in ended["msg"]


def test_who_has_no_secret_loads_nothing_of_ansible_for_it() -> None:
    loads = f"import sys, {check_told.__module__} as ending; ending.check_told({{'a': 1}}, {{'a': {{}}}}, {{'a': 1}})"
    found = "print(sorted(name for name in sys.modules if name.startswith('ansible.module_utils')))"
    environment = {**os.environ, "PYTHONPATH": str(collections_path())}
    run = subprocess.run([sys.executable, "-c", f"{loads}; {found}"], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert run.stdout == "[]\n"
