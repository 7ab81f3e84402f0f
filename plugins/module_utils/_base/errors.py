# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the collection. Pure."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown


class SessionsError(Exception):
    """A refusal or a failure in one plain sentence: what is wrong, where, and what to do next.

    Raised anywhere below a module, caught once in its ``main()``. Never carries a secret. What it quotes of others is made fit to be shown.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(shown(sentence))
