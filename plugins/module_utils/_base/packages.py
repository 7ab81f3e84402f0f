# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a package that the host's Python lacks."""

from __future__ import annotations

import shlex
import sys

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


def missing(what: str, requirement: str) -> SessionsError:
    """The sentence about a package that is not there, with the command that installs it."""
    command = shlex.join([sys.executable, "-m", "pip", "install", requirement])
    return SessionsError(f"The Python {sys.executable} of the database host lacks {what}: {command}")
