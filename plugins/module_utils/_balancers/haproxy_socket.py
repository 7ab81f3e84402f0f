# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime API of HAProxy: one command for each connection to its unix socket."""

from __future__ import annotations

import socket

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

_SECONDS = 10


def ask(path: str, command: str) -> str:
    """The answer to a command. Raises SessionsError."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(_SECONDS)
            client.connect(path)
            client.sendall(f"{command}\n".encode())
            answer = b""
            while data := client.recv(1 << 16):
                answer += data
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SessionsError(
            f"HAProxy does not answer at {path} ({reason}). It needs 'stats socket {path} level admin', and the right to use it."
        ) from None
    return answer.decode(errors="replace")
