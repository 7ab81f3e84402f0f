# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an engine is supported, and what is to be done by hand where it is not. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import Engine
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import treated_words


def check_supported(engine: Engine, tables: t.Sequence[TokenTable], accept_untested: bool, files: str, owner: str) -> None:
    """Raises SessionsError, with what to do by hand, for an engine that this collection does not purge by itself.

    ``files``: the path of a built-in database as the product's settings, or people, name it; ``owner``: whose they are, '' if not seen.
    """
    if engine.embedded and not engine.tested:
        # seen on H2 and HSQLDB: DELETE, COMMIT and a process that ended at once had lost the deletion
        raise SessionsError(
            f"{engine.title} is built in: its files ({files}) belong to the product's own process, and this collection does not open them. "
            f"By hand, with every node stopped: copy the folder of the files; as the account that owns them{owner and f' ({owner})'}, with "
            f"the jar that the product itself brings (find <install folder> -name '{engine.name}*.jar'; another version may not read "
            f'them, or change them), run {_statements(tables)}, and end with "SHUTDOWN": without it the deletion may be lost, though it is '
            "committed. Open it once more and count, then start the nodes. force_reauth_revoke=manual writes the script."
        )
    if not engine.tested and not accept_untested:
        raise SessionsError(
            f"{engine.title} was never tested with this collection. {_by_hand(tables)} "
            "Or set accept_untested_engine: true, after a try on a staging copy."
        )


def _by_hand(tables: t.Sequence[TokenTable]) -> str:
    counts = " and ".join(f'"SELECT COUNT(*) FROM {_rows(table)}"' for table in tables)  # noqa: S608  for people
    end = f"look that {counts} says 0, and start the nodes. force_reauth_revoke=manual writes the script."
    return f"By hand, with every node stopped: {_statements(tables)}, {end}"


def _statements(tables: t.Sequence[TokenTable]) -> str:
    each = (f'"SELECT * FROM {_rows(table)}" (save what it gives), "DELETE FROM {_rows(table)}"' for table in tables)  # noqa: S608  for people
    return ", ".join([*each, '"COMMIT"'])


def _rows(table: TokenTable) -> str:
    return f"{table.name}{treated_words(table)}"
