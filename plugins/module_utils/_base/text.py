# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How text of others (nodes, files, databases) is shown, and what of it may stand in a command that is offered for pasting. Pure."""

from __future__ import annotations

import re
import shlex
import typing as t

# of a sentence, or of a line of the plan with the names of a hundred nodes
_MOST = 10_000
_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# what a folder, and what a host, a port, or a database may be called where it stands in a command
_PATH = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,252})+")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}")


def shown(text: object, most: int = _MOST) -> str:
    """The text as a terminal may have it: what is not printable (control characters, bidi, line ends) escaped, cut in the middle.

    Beginning and end stay: a sentence ends with what to do next.
    """
    escaped = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text))
    if len(escaped) <= most:
        return escaped
    end = most // 3
    return f"{escaped[: most - end]} .. [{len(escaped) - most} characters left out] .. {escaped[-end:]}"


def few(names: t.Sequence[str], most: int) -> str:
    """The first of them, and how many more."""
    first = ", ".join(shown(name, 60) for name in names[:most])
    return first + (f" and {len(names) - most} more" if len(names) > most else "")


def all_shown(value: t.Any) -> t.Any:
    """The same lists and dictionaries, with every text in them as it may be shown."""
    if isinstance(value, dict):
        return {key: all_shown(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_shown(one) for one in value]
    return shown(value) if isinstance(value, str) else value


def sentence(text: str) -> str:
    """Closed by a full stop, unless a mark closes it already: another sentence can follow."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def is_run_id(run_id: object) -> bool:
    """Whether it may be a run's id: it names a folder, and stands in commands."""
    return isinstance(run_id, str) and _RUN_ID.fullmatch(run_id) is not None and run_id not in (".", "..")


def is_plain_path(path: str) -> bool:
    """Whether the path may stand in a command that is offered for pasting."""
    return _PATH.fullmatch(path) is not None


def assignments(values: t.Mapping[str, t.Sequence[object]]) -> list[str]:
    """``name=id,id`` for the options -e of a command that is offered for pasting; raises ValueError where one is no id, name or path."""
    for name, ids in values.items():
        odd = [one for one in ids if not is_run_id(one) and not _NAME.fullmatch(str(one)) and not is_plain_path(str(one))]
        if odd or not ids:
            raise ValueError(f"no command is offered: {shown(odd, 300)} cannot stand in one as {name}")
    return [f"{name}={','.join(map(str, ids))}" for name, ids in values.items()]


def command(words: t.Sequence[str]) -> str:
    """The words as a line for a shell."""
    return shlex.join(words)
