# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an error in answer to COMMIT says that the transaction was rolled back. What is not known to say so leaves the end unknown. Pure.

Sources: PostgreSQL manual, appendix A; MySQL and MariaDB error references; SQLite's manual, "COMMIT".
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import PutBack

# constraints that are looked at last, transactions that got into each other's way, and one that was ended before the COMMIT came, because
# it had asked nothing for long; 40003 is "completion unknown"
_POSTGRESQL = r"23\w{3}|40(000|001|002|P01)|25P0[23]|55P03"
# waited too long for a lock, deadlock, closed to writers meanwhile, an error that rolled back, refused by the group or the cluster
_MYSQL = r"1205|1213|1290|1836|1180|3101"
_ROLLED_BACK: t.Mapping[str, str] = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL}
# it gives no code; the transaction is still open, and is rolled back by whoever gives it up
_SQLITE = "database is locked"


def rolled_back(engine: str, error: BaseException) -> bool:
    """Whether nothing of the transaction can have become real. ``error`` is the driver's."""
    if isinstance(error, PutBack):
        return True
    if engine == "sqlite":
        return _SQLITE in str(error)
    first = error.args[0] if error.args else ""
    return bool(re.fullmatch(_ROLLED_BACK.get(engine, "-"), str(getattr(error, "pgcode", None) or first)))
