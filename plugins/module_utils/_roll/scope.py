# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that a run is for: as they are given, what speaks against them, and what is told of those that are not known. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import SPELT, UserScope


def names_of(given: str | t.Sequence[str] | None) -> list[str] | None:
    """What a variable holds: a list, or as the command line gives it a text with commas; None when it is not set."""
    return given.split(",") if isinstance(given, str) else None if given is None else list(given)


def scope_problems(scope: UserScope | None, recorded: str | None, proof_username: str) -> list[str]:
    """What speaks against the scope of a run. ``recorded``: the sentence of the record of the run that is resumed, None for a new one."""
    if recorded is not None and recorded != (scope.sentence if scope else ""):
        return [f"this run began for {recorded or 'every user'}: give the same force_reauth_usernames or force_reauth_exclude_usernames"]
    if not scope or not proof_username:
        return []
    treated = scope.among([proof_username])
    return [] if treated else [f"the proof account {proof_username} is not among the users that are treated: its cookie would live on"]


def unknown_told(unknown: t.Sequence[str], phase: str, begun: bool) -> dict[str, list[str]]:
    """What the plan says of ``unknown_users``: ``problems``, and when the tokens are deleted already ``notes``. ``begun``: the run has."""
    said = list(dict.fromkeys(filter(None, unknown)))
    if phase == "prepared":
        aside = " Where one was renamed or deleted since this run began, set it aside with force_reauth_abandon"
        return {"problems": [f"{one}: {SPELT}{aside if begun else ''}" for one in said], "notes": []}
    return {"problems": [], "notes": [_gone_note(one) for one in said]}


def _gone_note(unknown: str) -> str:
    """What plan and result say of ``unknown_users`` whose tokens are deleted already."""
    return f"{unknown} any more: renamed or deleted since this run began; nobody is looked for under another name"
