# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hook of a site: a server that keeps what it is told."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import typing as t


class Hook:
    """Answers every post with that status, or never where it hangs; ``told``: path, headers in lower case and body of each."""

    def __init__(self, status: int = 204, hangs: bool = False, location: str = "") -> None:
        self.status, self.hangs, self.location = status, hangs, location
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self.over = threading.Event()

    @property
    def documents(self) -> list[dict[str, t.Any]]:
        """What it was told."""
        return [json.loads(body) for _path, _headers, body in self.told]


@contextlib.contextmanager
def listening(hook: Hook) -> t.Iterator[str]:
    """Its address, without a path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hook.told.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if hook.hangs:
                hook.over.wait()
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            hook.over.set()
            server.shutdown()
