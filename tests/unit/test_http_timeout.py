# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that accepts and never answers: the time-out says no, and it is the one that was given."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import site_of

from demo.patience import patient
from demo.playbook import collections_path

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


@pytest.fixture
def asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """A resolver whose name server does not answer."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: [over.wait(patient(60))])
    yield
    over.set()


@pytest.mark.usefixtures("asked_for_ever")
def test_a_name_that_is_never_found_is_given_up_after_the_time_out() -> None:
    with pytest.raises(SessionsError, match=r"^no answer from http://n1\.example\.org/status: its name could not be looked up in time"):
        Site("http://n1.example.org", timeout=A_MOMENT).get("/status")


@pytest.mark.parametrize(("url", "reason"), [("http://n1.invalid", "no answer from"), (f"http://{'a' * 70}.example.org", "is not asked")])
def test_a_name_that_is_none_is_a_sentence(url: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, *_asked: object, **_kind: object) -> t.NoReturn:
        host.encode("idna")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(SessionsError, match=reason):
        Site(url).get("/status")


def test_a_resolver_that_hangs_does_not_hold_the_end_of_the_process() -> None:
    text = (
        "import socket, time\n"
        "from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site\n"
        f"socket.getaddrinfo = lambda *asked, **kind: time.sleep({patient(600)})\n"
        f"try:\n    Site('http://n1.example.org', timeout={A_MOMENT}).get('/status')\nexcept Exception as error:\n    print(error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(collections_path())}
    run = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=patient(60), check=True)
    assert "could not be looked up in time" in run.stdout
