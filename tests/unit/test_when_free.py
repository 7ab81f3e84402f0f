# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is waited for what others hold."""

from __future__ import annotations

import itertools

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import pauses


def test_pauses_grow_up_to_a_limit() -> None:
    assert list(itertools.islice(pauses(1, 5), 5)) == [1, 2, 4, 5, 5]
