# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it the table that the nodes use? The tokens that they have just handed out have to be in it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import fields_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source


def check_expected_tokens(source: Source, folder: RunFolder, expected: t.Sequence[t.Mapping[str, str]]) -> None:
    """Raises SessionsError when the token of a node is neither in the table nor in an archive of this run.

    ``expected``: ``node`` and ``token``, the series of its row where tokens rotate, else the key. Raises it for a key that is none, too.
    """
    if not source.look.table.series and not all(re.fullmatch(r"[0-9]{1,18}", one["token"], re.ASCII) for one in expected):
        raise SessionsError(f"expected_tokens wants the keys of rows of {source.look.table.label}, which are numbers. Nothing was deleted.")
    wanted = {one["token"] for one in expected}
    missing = wanted - source.store.present(source.look.table, sorted(wanted)) if wanted else wanted
    archived, unread = _archived(source, folder, missing) if missing else (set(), "")
    nodes = [one["node"] for one in expected if one["token"] in missing - archived]
    if nodes:
        table, names = source.look.table, ", ".join(nodes)
        begin = f"The remember-me token of the proof account that {names} handed out, and takes, is not in {table.label} of "
        if unread:
            raise SessionsError(
                f"{begin}{source.look.identity}, and whether an earlier start of this run has deleted it cannot be told: {unread} "
                "Nothing was deleted."
            )
        raise SessionsError(
            f"{begin}{source.look.identity}: the nodes use another database than this one. Name theirs (force_reauth_database_server, "
            "_port, _name, _schema), or the host from which they see it (force_reauth_database_host). Nothing was deleted."
        )


def _archived(source: Source, folder: RunFolder, tokens: t.Collection[str]) -> tuple[set[str], str]:
    """Those of them that an earlier start of the run has deleted, and why that cannot be told of one of its archives ('': of each it can).

    A node may hold such a token in its memory still.
    """
    table = source.look.table
    position = table.position(table.series or table.key)
    read = [_read(folder, path, position, tokens) for path in folder.archives(backup=False, table=table.name)]
    return {token for found, _unread in read for token in found}, next((unread for _found, unread in read if unread), "")


def _read(folder: RunFolder, path: Path, position: int, tokens: t.Collection[str]) -> tuple[set[str], str]:
    try:
        archived = (fields_of(line)[position].decode() for line in folder.lines(path))
        return {token for token in archived if token in tokens}, ""
    except SessionsError as error:
        return set(), str(error)
