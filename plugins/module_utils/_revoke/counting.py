# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counting module's work: how many tokens there are, how old, of whom. The right to read is enough."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import look_at_sources, survivors_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.older_rows import MARK_OPTIONS, left_of, marks
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.token_ages import ages_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.top_holders import top_holders
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_count import count_users

COUNT_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    "top": {"type": "int", "default": 10},
    "show_users": {"type": "bool", "default": False},
    "mark": {"type": "bool", "default": False},
    "before": {"type": "list", "elements": "dict", "options": MARK_OPTIONS},
}


def count_tokens(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values of the module remember_me_count; raises SessionsError. Changes nothing."""
    sources = look_at_sources(options, purpose="count")
    counted = count_users(sources.looks)
    return {
        **sources.told,
        "users": counted["users"],
        "notes": [*sources.notes, *counted["notes"]],
        "rows": sources.rows,
        "oldest": sources.oldest,
        "ages": ages_of(sources.looks),
        "survivors": survivors_of(sources.first),
        "top": top_holders(sources.looks, options["top"], options["show_users"]),
        **({"mark": marks(sources.looks)} if options["mark"] else {}),
        **({"left": left_of(sources.looks, options["before"])} if options["before"] else {}),
    }
