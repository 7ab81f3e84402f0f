# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the collection."""

from __future__ import annotations


class SessionsError(Exception):
    """A refusal or a failure in one plain sentence: what is wrong, where, and what to do next.

    Raised anywhere below a module, caught once in its ``main()``. Never carries a secret.
    """
