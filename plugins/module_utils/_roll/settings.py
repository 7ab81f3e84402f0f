# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role, each turned into the type that its specification says, whoever wrote it as what. Pure.

An extra variable of the form ``name=value``, an answer of a survey and a template before ansible-core 2.19 are texts; a YAML file makes
numbers and booleans of what was meant as text.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.seconds import WEEK
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown

PREFIX = "force_reauth_"
# among the statistics of session_status; a workflow of AWX hands them to its next job as variables
STATISTICS = f"{PREFIX}status"
# what each node may have of its own; everything else is said once for the cluster
OF_A_NODE = (
    *("cold_standby", "install_dir", "home_dir", "node_url", "service", "service_manager", "start_tasks", "stop_tasks", "stop_timeout"),
    *("drain_tasks", "undrain_tasks", "drain_look_tasks", "haproxy_backend", "haproxy_server", "apache_balancer", "apache_worker"),
)

# the least whole number that can be meant, 0 of all others: what is given no time at all would fail when the tokens are gone already
_LEAST = {**dict.fromkeys(("request_timeout", "stop_timeout", "gate_timeout", "settle_polls"), 1), "min_up": -1}

# the largest that can be meant: a week, and what a port can be
_MOST = {
    **dict.fromkeys(("request_timeout", "stop_timeout", "gate_timeout", "drain_timeout", "lock_wait", "poll_seconds"), WEEK),
    "database_port": 65_535,
}
# what the word of the default stands for, where there is one
_WORDS: t.Mapping[str, t.Any] = {
    "usernames": None,
    "exclude_usernames": [],
    "spared_username": "",
    "archive_recipients": [],
    "database_ssl_mode": "",
}
# blank, each would treat more users, or protect and prove less, than was meant: a variable of a pipeline that is not set is blank
_NEVER_BLANK = (*_WORDS, "min_up", "drain")

# counts. Of any other text YAML has made another one, when it is a number: 0042 is 34, and 12:30:45 is 45045
_MAY_BE_NUMBERS = ("batches",)

# of the controller, below the folder in which the playbook is started
_MAY_BE_RELATIVE = ("report_dir",)

_TRUE, _FALSE = ("true", "yes", "on", "1", "y", "t"), ("false", "no", "off", "0", "n", "f")

Option = t.Mapping[str, t.Any]


def check_names(names: t.Iterable[str], options: t.Collection[str]) -> None:
    """Raises SessionsError with a sentence for each name that looks like a variable of the role, and is none. ``names``: of all variables.

    A misspelt one would leave its default at work, and nobody would see it.
    """
    unknown = sorted(name for name in names if name.startswith(PREFIX) and name != STATISTICS and name not in options)
    if unknown:
        raise SessionsError(" ".join(_no_variable(name, options) for name in unknown))


def typed(
    values: t.Mapping[str, t.Any], options: t.Mapping[str, Option], defaults: t.Mapping[str, t.Any], required: t.Sequence[str] = ()
) -> dict[str, t.Any]:
    """Every option of the role, without its prefix, in its type; what is not given is the default, and so is a blank that widens nothing.

    ``values``: by the full name, as they were written. Raises SessionsError with a sentence for each value that cannot be meant, and for
    each name in ``required`` that is not given.
    """
    missing = [name for name in required if not _is_given(values.get(name), options[name])]
    found, problems = {}, [f"{name} must be given" for name in missing]
    for name, option in options.items():
        short = name[len(PREFIX) :]
        default = defaults.get(name)
        try:
            found[short] = _taken(name, values.get(name, default), option, default)
        except SessionsError as error:
            problems.append(str(error))
    if problems:
        raise SessionsError("; ".join(problems))
    return found


def check_together(settings: t.Mapping[str, t.Any]) -> None:
    """Raises SessionsError when values, each of which can be meant, cannot be together. ``settings``: of ``typed``."""
    polls, pause, seconds = (settings[name] for name in ("settle_polls", "poll_seconds", "gate_timeout"))
    if (polls - 1) * pause >= seconds:
        raise SessionsError(
            f"no node could pass its gate: force_reauth_settle_polls={polls} looks, force_reauth_poll_seconds={pause:g} apart, take longer "
            f"than force_reauth_gate_timeout={seconds}"
        )
    if settings["abandon"] and settings["abandon"] == settings["run_id"]:
        raise SessionsError(
            f"force_reauth_abandon and force_reauth_run_id both name run {settings['run_id']}: a run is resumed, or set aside for a new one"
        )
    if settings["archive_recipients"] and settings["revoke"] in ("product", "manual"):
        raise SessionsError(
            f"force_reauth_archive_recipients is for the archives of a run, and with force_reauth_revoke={settings['revoke']} there are "
            "none: leave one of them out"
        )


def is_true(value: t.Any) -> bool:
    """Whether a variable that is true or false says true. What can mean neither does not; ``typed`` refuses it by its name."""
    return str(value).strip().lower() in _TRUE


def disagreements(settings: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A sentence for each setting of the cluster that is not the same on all nodes. ``settings``: of ``typed``, by node."""
    nodes = list(settings)
    shared = [name for name in settings[nodes[0]] if name not in OF_A_NODE] if nodes else []
    apart = {name: [node for node in nodes if settings[node][name] != settings[nodes[0]][name]] for name in shared}
    return [
        f"{PREFIX}{name} is said once for the cluster, and {', '.join(others)} and {nodes[0]} have different values"
        for name, others in apart.items()
        if others
    ]


def _no_variable(name: str, options: t.Iterable[str]) -> str:
    from difflib import get_close_matches  # a run whose variables are right needs it not

    nearest = get_close_matches(name[len(PREFIX) :], [one[len(PREFIX) :] for one in options], 1)
    more = f"did you mean {PREFIX}{nearest[0]}?" if nearest else f"name a variable of your own without {PREFIX}."
    return f"{shown(name, 100)} is no variable of this role: {more}"


def _is_given(value: t.Any, option: Option) -> bool:
    if isinstance(value, str) and not value.strip():
        return bool(value) and bool(option.get("no_log"))
    return value is not None


def _taken(name: str, value: t.Any, option: Option, default: t.Any) -> t.Any:
    """The value, or what leaving it out means. Raises SessionsError, also for a blank that would widen the run."""
    short, given = name[len(PREFIX) :], _is_given(value, option)
    if short in _NEVER_BLANK and not given:
        raise SessionsError(f"{name} is given and empty: leave it out, or say {default}")
    if short in _WORDS and isinstance(value, str) and value.strip().lower() == default:
        return _WORDS[short]
    meant = value if given else default
    return _typed(name, meant, option) if _is_given(meant, option) else meant


def _typed(name: str, value: t.Any, option: Option) -> t.Any:
    kind = option["type"]
    convert = {"bool": _bool, "int": _int, "float": _float, "list": _list}.get(kind)
    if convert:
        return convert(name, value, option)
    return _text(name, value, option)


def _text(name: str, value: t.Any, option: Option) -> str:
    if not isinstance(value, str):
        raise SessionsError(f"{name} is a text: put its value between quotes")
    # a blank may be a part of a password; what Ansible has marked becomes plain
    text = str(value) if option.get("no_log") else str(value).strip()
    choices = option.get("choices")
    if choices and text not in choices:
        raise SessionsError(f"{name} is one of {', '.join(filter(None, choices))}, not {_quoted(text)}")
    if option.get("type") == "path" and name[len(PREFIX) :] not in _MAY_BE_RELATIVE:
        _check_whole(name, text)
    return text


def _check_whole(name: str, path: str) -> None:
    """Raises SessionsError: a part of a path would be looked for below whatever folder a task happens to run in."""
    if path != "~" and not path.startswith(("/", "~/")):
        raise SessionsError(f"{name} is a whole path, which begins with / or ~/, not {_quoted(path)}")


def _bool(name: str, value: t.Any, _option: Option) -> bool:
    text = str(value).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise SessionsError(f"{name} is true or false, not {_quoted(value)}")
    return is_true(value)


def _int(name: str, value: t.Any, _option: Option) -> int:
    text = str(value).strip()
    sign, digits = (text[:1], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if isinstance(value, (bool, float)) or not digits.isascii() or not digits.isdigit():
        raise SessionsError(f"{name} is a whole number, not {_quoted(value)}")
    # Python reads no number of thousands of digits: its beginning is enough to refuse it
    number, least = int(sign + (digits.lstrip("0") or "0")[:20]), _LEAST.get(name[len(PREFIX) :], 0)
    if number < least:
        raise SessionsError(f"{name} is {least} or more, not {number}")
    _check_most(name, number)
    return number


def _check_most(name: str, number: float) -> None:
    most = _MOST.get(name[len(PREFIX) :], 10**9)
    if number > most:
        raise SessionsError(f"{name} is {most} or less")


def _float(name: str, value: t.Any, _option: Option) -> float:
    try:
        number = float(str(value).strip())
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or not 0 <= number < float("inf"):
        raise SessionsError(f"{name} is a number, 0 or more, not {_quoted(value)}")
    _check_most(name, number)
    return number


def _list(name: str, value: t.Any, option: Option) -> list[t.Any]:
    items = _items(name, value)
    if name[len(PREFIX) :] in _MAY_BE_NUMBERS:
        items = [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in items]
    if option.get("elements") == "dict":
        return [_dict(name, item, option["options"]) for item in items]
    texts = [_text(name, item, {}) for item in items]
    if "" in texts:
        raise SessionsError(f"{name} has an empty item")
    return texts


def _items(name: str, value: t.Any) -> list[t.Any]:
    if not isinstance(value, str):
        return list(value) if isinstance(value, (list, tuple)) else [value]
    text = value.strip()
    if text[:1] not in ("[", "{"):
        return [item.strip() for item in text.split(",")]
    try:
        items = parsed(text)
    except ValueError:
        raise SessionsError(f"{name} begins like a list in JSON, and is none") from None
    return items if isinstance(items, list) else [items]


def _dict(name: str, item: t.Any, options: t.Mapping[str, Option]) -> dict[str, str]:
    if not isinstance(item, dict) or set(item) != set(options):
        raise SessionsError(f"{name} is a list of {' and '.join(options)}")
    return {key: _text(f"{name}.{key}", item[key], option) for key, option in options.items()}


def _quoted(value: t.Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else text[:60] + "..")
