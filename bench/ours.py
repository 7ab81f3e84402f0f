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

Options = dict[str, t.Any]


def main(act: str) -> None:
    """Do it with the options that standard input holds, and print what it returned, with the most memory that it took."""
    answer = ACTS[act](json.load(sys.stdin))
    # Linux tells it in KB
    json.dump({**answer, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)


# Each loads what its module loads, and no more.


def _backup(options: Options) -> Options:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.backup import back_up

    return back_up(options, check_mode=False)


def _end(options: Options) -> Options:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import end_or_ask

    return dict(end_or_ask(options, check_mode=False))


def _look(options: Options) -> Options:
    return _revoke(options, check_mode=True)


def _purge(options: Options) -> Options:
    return _revoke(options, check_mode=False)


def _revoke(options: Options, check_mode: bool) -> Options:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.steps import revoke
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock

    return revoke(options, check_mode, Clock(time.monotonic, time.sleep))


def _restore(options: Options) -> Options:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import restore

    return restore(options, check_mode=False)


ACTS: t.Mapping[str, t.Callable[[Options], Options]] = {"backup": _backup, "end": _end, "look": _look, "purge": _purge, "restore": _restore}

if __name__ == "__main__":
    main(sys.argv[1])
