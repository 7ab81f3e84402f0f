# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that accepts and never answers: the time-out says no, and it is the one that was given."""

from __future__ import annotations

import socket
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import site_of

A_MOMENT = 0.2


@pytest.fixture
def silent() -> t.Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time-outs that sockets were given."""
    given: list[float] = []
    original = socket.socket.settimeout

    def settimeout(sock: socket.socket, seconds: float | None) -> None:
        given.extend([] if seconds is None else [seconds])
        original(sock, seconds)

    monkeypatch.setattr(socket.socket, "settimeout", settimeout)
    return given


def test_a_server_that_never_answers_is_given_up_after_the_time_out(silent: str, limits: list[float]) -> None:
    with pytest.raises(SessionsError, match=r"no answer from .*/status: it did not answer in time"):
        Site(silent, timeout=A_MOMENT).get("/status")
    assert 0 < max(limits) <= A_MOMENT


def test_the_time_out_of_the_options_is_the_one_that_is_used(limits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    # nobody listens there any more
    options = {"url": url, "site_url": "", "request_timeout": 1000, "validate_certs": True}
    with pytest.raises(SessionsError, match="connection refused"):
        site_of(options).get("/status")
    assert 900 < max(limits) <= 1000
