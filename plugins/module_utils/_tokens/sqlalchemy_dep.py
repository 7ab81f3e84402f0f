# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one import of SQLAlchemy."""

from __future__ import annotations

import types

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.collector import paused
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.packages import missing

try:
    with paused():
        import sqlalchemy
except ImportError:
    HAS_SQLALCHEMY = False
else:
    HAS_SQLALCHEMY = True


def sqlalchemy_module() -> types.ModuleType:
    """SQLAlchemy; raises SessionsError when this Python lacks it, or has one that is too old."""
    if not HAS_SQLALCHEMY:
        raise missing("SQLAlchemy", "SQLAlchemy>=2.0")
    if int(sqlalchemy.__version__.split(".")[0]) < 2:
        raise missing(f"a new SQLAlchemy (it has {sqlalchemy.__version__})", "SQLAlchemy>=2.0")
    return sqlalchemy
