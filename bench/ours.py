# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One act of the collection in a process of its own, as a module does it: ``python -m bench.ours purge < options.json``."""

from __future__ import annotations

import json
import resource
import sys
import time
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.backup import back_up
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.purge import Clock
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import restore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.steps import revoke
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import end_or_ask

ACTS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "backup": lambda options: back_up(options, check_mode=False),
    "end": lambda options: end_or_ask(options, check_mode=False),
    "look": lambda options: revoke(options, check_mode=True, clock=Clock(time.monotonic, time.sleep)),
    "purge": lambda options: revoke(options, check_mode=False, clock=Clock(time.monotonic, time.sleep)),
    "restore": lambda options: restore(options, check_mode=False),
}

if __name__ == "__main__":
    answer = ACTS[sys.argv[1]](json.load(sys.stdin))
    # Linux tells it in KB
    json.dump({**answer, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)
