# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role as Ansible holds them, templates and vaults among them."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.dcops.atlassian_sessions.plugins.action import role_settings
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import defaults


class Locked:
    """A value that a vault holds by itself, as ansible-core 2.17 and 2.18 hand it over."""

    __ENCRYPTED__ = True

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __str__(self) -> str:
        if self._text is None:
            raise AnsibleError("no vault secret opens it")
        return self._text


class Action(role_settings.ActionModule):
    """The plugin without Ansible around it; what is written holds no template."""

    def __init__(self) -> None:
        self._task, self._loader = types.SimpleNamespace(args={}), None
        self._templar = types.SimpleNamespace(template=lambda written: written)


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})


def taken(**variables: object) -> dict[str, t.Any]:
    return Action().run(None, {**defaults(), **{f"force_reauth_{name}": value for name, value in variables.items()}})


def test_what_a_vault_holds_by_itself_is_a_text_alone_and_among_others() -> None:
    settings = taken(database_password=Locked("0042"), proof_cookies=[{"name": "JSESSIONID", "value": Locked("1")}])["settings"]
    assert (settings["database_password"], settings["proof_cookies"]) == ("0042", [{"name": "JSESSIONID", "value": "1"}])


def test_a_vault_that_does_not_open_is_named_by_its_variable() -> None:
    assert taken(proof_password=Locked(None)) == {
        "failed": True,
        "msg": "force_reauth_proof_password cannot be worked out: a template in it, or a variable that it names, is wrong.",
    }


@pytest.mark.parametrize("name", ["usernames", "exclude_usernames", "archive_recipients"])
def test_a_variable_that_is_absent_is_told_from_one_that_is_null(name: str) -> None:
    assert "settings" in taken()
    assert taken(**{name: None})["msg"].startswith(f"force_reauth_{name} is given and empty: leave it out, or say ")
