# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the users who are treated, as the product's own table has them."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import look_at_sources
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of


def treated_names(options: t.Mapping[str, t.Any]) -> list[str]:
    """Of the options' database; raises SessionsError when they are not known, or when one of the scope is not there."""
    scope = scope_of(options["usernames"], options["exclude_usernames"])
    source = look_at_sources(options, scope, purpose="count").first
    wanted = source.store.wanted.users
    if not wanted:
        raise SessionsError(f"No table of {options['product']} is known that names all its users. Nothing was changed.")
    names = source.store.user_names(source.look.table, wanted)
    return scope.among(names) if scope else names
