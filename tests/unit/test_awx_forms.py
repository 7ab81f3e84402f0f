# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surveys and the credential type of AWX are made of the argument specs, and what they let through the role understands."""

from __future__ import annotations

import importlib.util
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import typed
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import defaults, specification

AWX = Path(__file__).resolve().parents[2] / "extensions/awx"
SPECS = yaml.safe_load((AWX.parents[1] / "roles/force_reauth/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
NAMES = [name.removeprefix("force_reauth_") for name in specification()]
SECRETS = [name for name in NAMES if specification()[f"force_reauth_{name}"].get("no_log")]
ASKED = [name for name in NAMES if name not in SECRETS]


def _forms() -> t.Any:
    found = importlib.util.spec_from_file_location("awx_forms", AWX / "filter_plugins/awx_forms.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.FilterModule().filters()


FORMS = _forms()


def question(name: str, **arguments: t.Any) -> dict[str, t.Any]:
    (asked,) = FORMS["awx_survey"]([name], specification(), defaults(), **arguments)["spec"]
    return t.cast("dict[str, t.Any]", asked)


def test_the_forms_know_the_variables_as_the_role_does() -> None:
    assert FORMS["awx_options"](SPECS) == specification()


def test_a_restore_asks_for_all_that_tells_its_database_and_how_it_is_reached() -> None:
    tasks = yaml.safe_load((AWX.parents[1] / "roles/force_reauth/tasks/restore.yml").read_text(encoding="utf-8"))
    alike = next(task["vars"]["__force_reauth_names"] for task in tasks if "__force_reauth_names" in task.get("vars", {}))
    (play,) = yaml.safe_load((AWX / "configure.yml").read_text(encoding="utf-8"))
    assert {name for name in alike if name.startswith("database_")} - {"database_host"} <= set(play["vars"]["__of_database"])
    assert {"database_ssl_mode", "database_ssl_ca"} <= set(alike)


@pytest.mark.parametrize(("template", "wanted"), [("Resume", ["install_dir", "revoke"]), ("Restore tokens", ["abandon"])])
def test_what_a_printed_command_or_a_refusal_adds_can_be_given_at_the_launch(template: str, wanted: list[str]) -> None:
    """A survey that asked for it would answer with a blank, for all nodes."""
    (play,) = yaml.safe_load((AWX / "configure.yml").read_text(encoding="utf-8"))
    (made,) = (task["awx.awx.job_template"] for block in play["tasks"] for task in block.get("block", []) if "awx.awx.job_template" in task)
    (one,) = ({**play["vars"]["__template"], **each} for each in play["vars"]["__templates"] if each["name"] == template)
    assert (made["ask_variables_on_launch"], one["asks_variables"]) == ("{{ __one.asks_variables }}", True)
    assert [name for name in wanted if f"'{name}'" in one["asked"]] == []


@pytest.mark.parametrize("name", ASKED)
def test_a_question_has_the_help_of_the_argument_spec(name: str) -> None:
    asked = question(name)
    assert asked["question_description"] == " ".join(specification()[f"force_reauth_{name}"]["description"])
    assert (asked["variable"], asked["required"]) == (f"force_reauth_{name}", False)
    assert question(name, required=[name])["required"]


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_that_was_left_as_it_is_means_the_default(name: str) -> None:
    variable = f"force_reauth_{name}"
    left, default = ({variable: value} for value in (question(name)["default"], defaults()[variable]))
    assert typed(left, specification(), defaults())[name] == typed(default, specification(), defaults())[name]


@pytest.mark.parametrize("name", ASKED)
def test_each_choice_of_a_question_is_understood(name: str) -> None:
    for choice in question(name).get("choices", []):
        taken = typed({f"force_reauth_{name}": choice}, specification(), defaults())[name]
        assert (json.dumps(taken) if isinstance(taken, bool) else taken) == choice


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("route", "multiplechoice"),
        ("accept_outage", "multiplechoice"),
        ("min_up", "integer"),
        ("poll_seconds", "float"),
        ("usernames", "text"),
        ("restore_archives", "textarea"),
    ],
)
def test_a_question_has_the_type_of_its_variable(name: str, kind: str) -> None:
    assert question(name)["type"] == kind


@pytest.mark.parametrize("name", SECRETS)
def test_no_survey_asks_for_a_secret(name: str) -> None:
    with pytest.raises(ValueError, match=f"force_reauth_{name} is a secret: it belongs in the credential"):
        question(name)


def test_a_name_that_is_no_variable_is_refused_with_it() -> None:
    for form in (lambda: question("rute"), lambda: FORMS["awx_credential_type"](["rute"], specification())):
        with pytest.raises(ValueError, match="force_reauth_rute is no variable of the role"):
            form()


def test_the_credential_hides_secrets_and_hands_over_all_that_it_carries() -> None:
    made = FORMS["awx_credential_type"](["proof_username", "proof_password"], specification())
    assert [(field["id"], field.get("secret", False)) for field in made["inputs"]["fields"]] == [
        ("proof_username", False),
        ("proof_password", True),
    ]
    assert made["injectors"] == {
        "extra_vars": {
            "force_reauth_proof_username": "{{ proof_username }}",
            "force_reauth_proof_password": "{{ proof_password }}",
        }
    }


def test_a_field_that_is_left_blank_is_the_default_of_the_role_or_refused() -> None:
    """AWX hands a blank text over for it."""
    widening = {name for name in specification() if refused(name, "")}
    blank = dict.fromkeys(specification().keys() - widening, "")
    assert typed(blank, specification(), defaults()) == typed({}, specification(), defaults())
    assert {"force_reauth_usernames", "force_reauth_exclude_usernames", "force_reauth_archive_recipients"} <= widening
    assert [name for name in widening if question(name.removeprefix("force_reauth_"))["default"] == ""] == []


def refused(name: str, value: str) -> bool:
    try:
        typed({name: value}, specification(), defaults())
    except SessionsError:
        return True
    return False


@pytest.mark.parametrize(("name", "word"), [("usernames", "everybody"), ("exclude_usernames", "nobody"), ("archive_recipients", "none")])
def test_a_question_whose_blank_would_be_refused_shows_the_word_to_leave_there(name: str, word: str) -> None:
    assert question(name)["default"] == word


def test_the_inventory_of_the_example_has_root_on_its_hosts_and_not_on_the_controller() -> None:
    inventory = InventoryManager(loader=DataLoader(), sources=[str(AWX / "project/inventory.yml")])
    variables = VariableManager(loader=DataLoader(), inventory=inventory)
    hosts = [*inventory.get_hosts(), inventory.get_host("localhost")]
    assert [host.name for host in hosts if not variables.get_vars(host=host).get("ansible_become")] == ["localhost"]
