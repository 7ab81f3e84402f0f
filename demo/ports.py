# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of one's own on the loopback address."""

from __future__ import annotations

import random
import socket

PORTS = range(20000, 30000)


class ReservedPort:
    """A port of the loopback address that nobody listens on, and that no other stand-in takes as long as this lives.

    Below the range that outgoing connections use, so that none of them sits on it while its node is down. The reservation is a socket
    in Linux' abstract name space: it ends with the process, and leaves no file.
    """

    def __init__(self) -> None:
        for self.port in random.SystemRandom().sample(PORTS, len(PORTS)):
            self._mark = socket.socket(socket.AF_UNIX)
            try:
                self._mark.bind(f"\0stand-in-port-{self.port}")
                with socket.create_server(("127.0.0.1", self.port)):
                    return
            except OSError:
                self._mark.close()
        raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop}")

    def release(self) -> None:
        """Others may take it."""
        self._mark.close()
