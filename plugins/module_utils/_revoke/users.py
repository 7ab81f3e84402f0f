# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the users who are treated, as the product's own table has them."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import LOOKED_USERS_OPTIONS, look_at_sources
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import (
    Treated,
    check_known,
    scope_of,
    treated_among,
)

NAMES_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    **LOOKED_USERS_OPTIONS,
    "user_keys": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,
        "options": {"name": {"type": "str", "required": True}, "key": {"type": "raw", "required": True, "no_log": False}},
    },
}


def treated_names(options: t.Mapping[str, t.Any]) -> Treated:
    """Of the options' database; raises SessionsError when they are not known, or when one of the scope is not there."""
    scope = scope_of(options["usernames"], options["exclude_usernames"])
    source = look_at_sources(options, purpose="count").first
    wanted = source.store.wanted.users
    if not wanted:
        raise SessionsError(f"No table of {options['product']} is known that names all its users. Nothing was changed.")
    table, then = source.look.table, options["user_keys"]
    now = source.store.names_of(table, wanted, [one["key"] for one in then]) if then else {}
    renamed = [(one["name"], now[one["key"]]) for one in then if one["key"] in now]
    treated = treated_among(scope, source.store.user_names(table, wanted), wanted.table, renamed)
    if options["unknown_usernames"] == "refused":
        check_known(treated["unknown_users"])
    return treated
