# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a node of the stand-in behaves and misbehaves: ``<home>/stand-in.json``, read at each use, so that a test can change it live."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from demo.disk import write_atomically

FILE = "stand-in.json"


@dataclass(frozen=True)
class Behaviour:
    """Times in seconds. The defaults are a healthy node; every wish is read when it matters, also from a node that runs.

    ``start_seconds``: so long the state is STARTING. ``starting_status_200``: the status page then answers 200, as Jira's does (else 503);
    a product that does not do so answers 503 anyway.
    ``never_running``: stays STARTING. ``next_start_hangs``: the same of a process that starts while this is set, and as long as it is.
    ``dies_after_running``: RUNNING, but every page answers 500. ``hung_page``: this path never answers.
    ``session_timeout_seconds``: of unused sessions. ``persist_sessions``: SESSIONS.ser written at a stop and loaded at a start.
    ``sessions_outlive_restart``: the same in a file that nothing tells of. ``token_cache``: a remember-me token that worked once at this
    node goes on working there after its row is gone, also after a restart. ``start_fails``, ``stop_fails``: the script ends with 1 and does
    nothing. ``stop_seconds``: so long the process lives on after SIGTERM. ``ignores_term``: for ever.
    ``legacy_mode``: where the product signs in by JSON, the form does instead. ``remember_me_off``: no token is made.
    ``asks_captcha``, ``asks_second_step``: name and password alone sign nobody in. ``single_sign_on``: an address; who is not signed in is
    sent there by every page, and no password is taken. ``ignores_session``: the session cookie alone opens nothing, as it is said of
    Confluence's clusters. ``cookie_attributes``: what stands behind each cookie in addition.
    ``running_state``: the state of a node that is up, where it is not the usual one (Bamboo's PAUSED).
    ``http_sessions``: what Bitbucket's settings say of it (local, sticky, replicated); the sessions stay local.
    ``administrators``: who may have all tokens deleted, by the product itself. ``clear_all``: how its page is: as it is said to be
    (``usual``), of another ``shape``, with a token against forged requests that is ``stale`` at once or ``stale at the end``, one that
    takes no second password (``closed``), one that deletes the administrator's ``own`` alone, or
    one that says that it did it and ``lies``. Calls in place of a page know ``shape`` and ``lies``.
    ``deaf``: what another node says of the end of a user's sessions is not heard. ``call_seconds``: so long such a call takes, with all
    that the stand-in does in it.
    ``token_expired``: no token of an administrator is accepted any more.
    ``rotates_from_cache``: tokens that this process saw are rotated by it also after their row is gone, until it ends.
    """

    start_seconds: float = 0.0
    starting_status_200: bool = True
    never_running: bool = False
    next_start_hangs: bool = False
    dies_after_running: bool = False
    hung_page: str = ""
    session_timeout_seconds: float = 3600.0
    persist_sessions: bool = False
    sessions_outlive_restart: bool = False
    token_cache: bool = False
    start_fails: bool = False
    stop_fails: bool = False
    stop_seconds: float = 0.0
    ignores_term: bool = False
    legacy_mode: bool = False
    remember_me_off: bool = False
    asks_captcha: bool = False
    asks_second_step: bool = False
    single_sign_on: str = ""
    ignores_session: bool = False
    cookie_attributes: str = ""
    running_state: str = ""
    http_sessions: str = "local"
    rotates_from_cache: bool = False
    deaf: bool = False
    call_seconds: float = 0.0
    token_expired: bool = False
    administrators: tuple[str, ...] = ()
    clear_all: str = "usual"

    @classmethod
    def read(cls, home: Path) -> Behaviour:
        """What the node's file says now."""
        return cls(**json.loads((home / FILE).read_text(encoding="utf-8")))

    def write(self, home: Path) -> None:
        """Put it into the node's file."""
        write_atomically(home / FILE, json.dumps(asdict(self)))

    def but(self, changes: t.Mapping[str, t.Any]) -> Behaviour:
        """A copy with changes; an unknown name is a TypeError."""
        return replace(self, **changes)


HEALTHY = Behaviour()
