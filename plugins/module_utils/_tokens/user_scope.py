# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose tokens a run treats: everybody's, or those of some users. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown

# each name is a value in every statement, and databases take so many at least
_MOST_NAMES = 1000

SPELT = "are they spelt as they sign in?"

# what is wanted of a name that the product does not know: see ``unknown_users``
UNKNOWN_OPTIONS: dict[str, t.Any] = {"unknown_usernames": {"type": "str", "choices": ["refused", "told"], "default": "refused"}}


class UserKey(t.TypedDict):
    """By which key the product's table of users has a name."""

    name: str
    key: int | str


class Treated(t.TypedDict):
    """The names that are treated. ``unknown_users``: see that function."""

    usernames: list[str]
    unknown_users: str


@dataclass(frozen=True)
class UserScope:
    """The users that are treated, or with ``spared`` those who are not, by the names with which they sign in."""

    names: tuple[str, ...]
    spared: bool

    def among(self, names: t.Iterable[str]) -> list[str]:
        """Those of the names that are treated."""
        meant = {name.lower() for name in self.names}
        return [name for name in names if (name.lower() in meant) != self.spared]

    @property
    def sentence(self) -> str:
        """For people."""
        names = ", ".join(self.names)
        return f"all but {names}, whose tokens stay" if self.spared else f"{names} alone; the tokens of all others stay"


@dataclass(frozen=True)
class Owners:
    """The scope as the token table's column of users has it: ``named`` holds login names, in any case, else keys or ids."""

    values: tuple[t.Any, ...]
    spared: bool
    named: bool

    def treat(self, user: str | None) -> bool:
        """Whether a row with this text in that column is treated."""
        return self.hold(user) != self.spared

    def hold(self, user: str | None) -> bool:
        """Whether it is one of them."""
        return user in self._texts or (self.named and user is not None and user.lower() in self._texts)

    @cached_property
    def _texts(self) -> frozenset[str]:
        texts = [str(value) for value in self.values]
        return frozenset(texts + [text.lower() for text in texts] * self.named)


def scope_of(usernames: t.Sequence[str] | None, exclude_usernames: t.Sequence[str]) -> UserScope | None:
    """None is everybody; raises SessionsError when it cannot be told who is meant."""
    if usernames is not None and exclude_usernames:
        raise SessionsError("usernames and exclude_usernames exclude each other: name those who are treated, or those who are not.")
    if usernames is not None and not usernames:
        raise SessionsError("usernames is an empty list, which would be nobody: leave it out to treat every user.")
    names = tuple(dict.fromkeys(name.strip() for name in usernames or exclude_usernames))
    if "" in names:
        raise SessionsError("There is an empty name among the user names.")
    if len(names) > _MOST_NAMES:
        raise SessionsError(f"These are {len(names)} user names, and {_MOST_NAMES} can be told apart: treat every user.")
    return UserScope(names, spared=usernames is None) if names else None


def unknown_users(names: t.Sequence[str], known: t.Iterable[str], place: str) -> str:
    """A clause on the names that the users at ``place`` are not called, '' where there are none."""
    found = {name.lower() for name in known}
    unknown = [name for name in names if name.lower() not in found]
    return f"{place} knows no user {' and no user '.join(unknown)}" if unknown else ""


def check_known(unknown: str) -> None:
    """Raises SessionsError where there are ``unknown_users``."""
    if unknown:
        raise SessionsError(f"{unknown}: {SPELT}")


def treated_among(scope: UserScope | None, names: t.Sequence[str], place: str, renamed: t.Sequence[tuple[str, str]] = ()) -> Treated:
    """Of all names at ``place`` those that are treated. ``renamed``: what a user of the scope was called then, and is called now."""
    if not scope:
        return {"usernames": list(names), "unknown_users": ""}
    now = replace(scope, names=(*scope.names, *(new for _old, new in renamed)))
    unknown = unknown_users(scope.names, [*names, *(old for old, _new in renamed)], place)
    return {"usernames": now.among(names), "unknown_users": unknown}


def check_told_apart(owners: Owners, found: t.Iterable[str], table: str) -> None:
    """Raises SessionsError when the database takes others for one of the owners. ``found``: what it takes for them in the token table."""
    others = [f"'{shown(user)}'" for user in found if not owners.hold(user)]
    if others:
        raise SessionsError(
            f"{table}: the database takes {' and '.join(others)} for one of the users that were named (its collation makes no difference), "
            "and would treat them alike: name all of them, or treat every user."
        )


def check_none_missed(owners: Owners, others: t.Iterable[str], table: str) -> None:
    """Raises SessionsError when the database takes one of the owners for another. ``others``: whom it takes for none of them, a stream."""
    missed = sorted({f"'{shown(user)}'" for user in others if owners.hold(user)})
    if missed:
        names = " and ".join(missed)
        raise SessionsError(
            f"{table}: the database takes {names} for none of the users that were named (it does not know the case of each letter), "
            f"and would treat them as it treats all others: name {names} as well, spelt so, or treat every user."
        )


def tokenless_notes(names: t.Sequence[str], holders: t.Iterable[str], table: str) -> list[str]:
    """What is said of names that no table of users confirms, and that hold no token."""
    held = {name.lower() for name in holders}
    without = [name for name in names if name.lower() not in held]
    return [f"{table} holds no token of {', '.join(without)}; whether they are spelt as they sign in cannot be told."] if without else []
