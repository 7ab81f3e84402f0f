# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms that AWX shows, made of the argument specs of the role: their help is that of the guide on variables. Pure."""

from __future__ import annotations

import json
import typing as t

PREFIX = "force_reauth_"
# how long an answer may be, in characters: AWX's own limit for a line
_LINE, _TEXT = 1024, 32768

Option = t.Mapping[str, t.Any]
Values = dict[str, t.Any]


class FilterModule:
    """The filters, by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their functions."""
        return {
            "awx_credential_type": awx_credential_type,
            "awx_options": awx_options,
            "awx_side_by_side": awx_side_by_side,
            "awx_survey": awx_survey,
        }


def awx_options(argument_specs: t.Mapping[str, t.Any]) -> dict[str, Option]:
    """The option of each variable. ``argument_specs``: of the role; what the entry point ``main`` says of a variable wins."""
    return {name: option for entry in reversed(list(argument_specs.values())) for name, option in entry["options"].items()}


def awx_survey(
    asked: t.Sequence[str], options: t.Mapping[str, Option], defaults: t.Mapping[str, t.Any], required: t.Sequence[str] = ()
) -> Values:
    """The survey that asks for these variables, named without their prefix, in that order; ``required`` ones must be answered.

    Raises ValueError for a name that is no variable, and for a secret, which belongs in the credential.
    """
    return {"name": "", "description": "", "spec": [_question(name, options, defaults, name in required) for name in asked]}


def awx_credential_type(carried: t.Sequence[str], options: t.Mapping[str, Option]) -> Values:
    """``inputs`` and ``injectors`` of a credential type that hands these variables, named without their prefix, to a job."""
    fields = [_field(name, _option(name, options)) for name in carried]
    return {"inputs": {"fields": fields}, "injectors": {"extra_vars": {PREFIX + name: f"{{{{ {name} }}}}" for name in carried}}}


def awx_side_by_side(clusters: t.Sequence[str], project: str, organization: str) -> list[Values]:
    """The nodes of a workflow that starts the workflow of each cluster at the same time."""
    kind = {"type": "workflow_job_template", "organization": {"name": organization}}
    return [{"identifier": cluster, "unified_job_template": {"name": f"{project}: {cluster}", **kind}} for cluster in clusters]


def _option(name: str, options: t.Mapping[str, Option]) -> Option:
    if PREFIX + name not in options:
        raise ValueError(f"{PREFIX}{name} is no variable of the role")
    return options[PREFIX + name]


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _help(option: Option) -> str:
    return " ".join(option["description"])


def _field(name: str, option: Option) -> Values:
    field = {"id": name, "label": _label(name), "type": "string", "help_text": _help(option)}
    return {**field, "secret": True} if option.get("no_log") else field


def _question(name: str, options: t.Mapping[str, Option], defaults: t.Mapping[str, t.Any], required: bool) -> Values:
    option = _option(name, options)
    if option.get("no_log"):
        raise ValueError(f"{PREFIX}{name} is a secret: it belongs in the credential")
    asked = {"question_name": _label(name), "question_description": _help(option), "required": required, "variable": PREFIX + name}
    return {**asked, **_answer(option, defaults.get(PREFIX + name))}


def _answer(option: Option, default: t.Any) -> Values:
    kind, choices = option["type"], _choices(option)
    if choices:
        return {"type": "multiplechoice", "choices": choices, "min": None, "max": None, "default": _text(default)}
    if kind in ("int", "float"):
        return {"type": "integer" if kind == "int" else "float", "min": None, "max": None, "default": "" if default is None else default}
    if option.get("elements") == "dict":
        return {"type": "textarea", "min": 0, "max": _TEXT, "default": _text(default)}
    return {"type": "text", "min": 0, "max": _LINE, "default": _text(default)}


def _choices(option: Option) -> list[str]:
    return ["true", "false"] if option["type"] == "bool" else list(filter(None, option.get("choices") or []))


def _text(default: t.Any) -> str:
    """A default as a person would type it; nothing for nothing."""
    if isinstance(default, str):
        return default
    return json.dumps(default) if default or default is False else ""
