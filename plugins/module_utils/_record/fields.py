# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a record and of a lock, each with what it may be: a file that was written by somebody else decides nothing. Pure.

A field that is not named here is kept as it is: a later version may write more.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.locale_settings import is_locale
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import is_run_id

PHASES = ("prepared", "waiting", "revoked", "rolling", "proven", "unproven", "abandoned", "refused")
STEPS = ("", "draining", "stopping", "cleaned", "starting", "up")

Check = t.Callable[[t.Any], bool]


def _text(value: t.Any) -> bool:
    return isinstance(value, str)


def _words(value: t.Any) -> bool:
    """What is told to people, and therefore on one line and printable."""
    return isinstance(value, str) and value.isprintable()


def _flag(value: t.Any) -> bool:
    return isinstance(value, bool)


def _attempt(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(value: t.Any) -> bool:
    """Before ansible-core 2.19 a template makes a text of a number."""
    return _attempt(value) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) is not None)


def _counts(value: t.Any) -> bool:
    return isinstance(value, dict) and all(_words(name) and _count(one) for name, one in value.items())


def _user_key(value: t.Any) -> bool:
    return _attempt(value) or _text(value)


def _number(value: t.Any) -> bool:
    """The random number that tells two starts apart; '' for one that owns nothing."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-z]{0,64}", value) is not None


def _sha256(value: t.Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _sha256_or_none(value: t.Any) -> bool:
    return value == "" or _sha256(value)


def _moment(value: t.Any) -> bool:
    """ISO, UTC, as this collection writes it."""
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None


def _one_of(*choices: str) -> Check:
    return lambda value: isinstance(value, str) and value in choices


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def _dict_of(fields: t.Mapping[str, Check]) -> Check:
    """With at least these fields."""
    return lambda value: isinstance(value, dict) and not missing(value, fields) and not wrong(value, fields)


def _known(fields: t.Mapping[str, Check]) -> Check:
    """What it has of these fields is right."""
    return lambda value: isinstance(value, dict) and not wrong(value, fields)


def _both(one: Check, other: Check) -> Check:
    return lambda value: one(value) and other(value)


def _history_of(names: t.Sequence[str]) -> Check:
    return _list_of(_dict_of({"name": _one_of(*names), "at": _moment}))


_START = {"attempt": _attempt, "number": _number, "controller": _words}
OF_LOCK: t.Mapping[str, Check] = {"run_id": is_run_id, **_START}
OF_PROGRESS: t.Mapping[str, Check] = {"first": _sha256, "chain": _sha256, "names": _count, "unknown": _count}
OF_RUN: t.Mapping[str, Check] = {
    "phase": _one_of(*PHASES),
    "run_id": is_run_id,
    "cluster": _words,
    "start": _dict_of(_START),
    "nodes": _list_of(_words),
    "nodes_counted": _flag,
    "standbys": _list_of(_words),
    "users": _text,
    "user_keys": _list_of(_dict_of({"name": _text, "key": _user_key})),
    "route": _one_of("rolling", "outage", "live"),
    "batches": _list_of(_count),
    "product": _words,
    "database": _text,
    "asked": _text,
    "table": _text,
    "tokens": _count,
    "revoke": _one_of("database", "product", "manual"),
    "deleted": _words,
    "counted": _flag,
    "deletion": _number,
    "live": _both(
        _list_of(_dict_of({"after": _sha256_or_none, "upto": _sha256, "sha256": _sha256, "names": _count, "unknown": _count})),
        _list_of(_known({"deletion": _number})),
    ),
    "tokens_seen": _dict_of({"users": _count, "oldest": _words, "ages": _counts}),
    "revoked": _both(
        _dict_of({"rows": _count, "cut_off": _words, "archives": _list_of(_dict_of({"path": _text, "rows": _count, "sha256": _sha256}))}),
        _known({"left_alone": _list_of(_dict_of({"table": _words, "what": _words, "before": _count, "after": _count}))}),
    ),
    "expired": _dict_of(
        {
            "record_before": _sha256,
            "archives": _list_of(_dict_of({"path": _text, "rows": _count, "sha256": _text, "removed": _flag, "at": _moment})),
        }
    ),
    "withdrawn": _dict_of({"record_before": _sha256, "at": _moment}),
    "missing": _list_of(_words),
    "tokens_that_came_back": _count,
    "proof_withdrawn": _flag,
    "history": _history_of(PHASES),
}
# without these nobody can tell whose run it is and how far it came
NEEDED_OF_RUN: t.Collection[str] = ("phase", "start")
# these decide what is run on a node that is down
_FACTS = {
    **dict.fromkeys(("product", "install_dir", "home_dir", "url", "site_url", "account"), _words),
    "control": _known(
        {
            **dict.fromkeys(("manager", "unit"), _words),
            **dict.fromkeys(("start_command", "stop_command"), _list_of(_words)),
            "locale": is_locale,
        }
    ),
    "process": _known({"running": _flag, "identity": _words, "user": _words}),
    "sessions": _known({"kept": _words, "files": _list_of(_words)}),
}
OF_NODE: t.Mapping[str, Check] = {
    "cluster": _words,
    "step": _one_of(*STEPS),
    "drain": _words,
    "facts": _known(_FACTS),
    "sessions": _words,
    "identity": _words,
    "cleaned": _flag,
    "saved_sessions_removed": _list_of(_text),
    "controls": _list_of(
        _both(_dict_of({"kind": _one_of("session", "remember_me"), "node": _text, "user": _text}), _known({"begun": _flag}))
    ),
    "sealed_canary": _text,
    "verdict": _words,
    "process": _words,
    "gate_seconds": _count,
    "history": _history_of(STEPS),
}


def wrong(payload: t.Mapping[str, t.Any], fields: t.Mapping[str, Check]) -> list[str]:
    """The names of the fields that are not what they may be."""
    return [name for name, check in fields.items() if name in payload and not check(payload[name])]


def missing(payload: t.Mapping[str, t.Any], names: t.Iterable[str]) -> list[str]:
    """The names that are not there."""
    return [name for name in names if name not in payload]
