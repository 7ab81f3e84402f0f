# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who sign in while something else goes on, and how long the unluckiest of them waits."""

from __future__ import annotations

import itertools
import threading
import time
import typing as t
from contextlib import closing

from demo.tokens import Database

_CLIENTS = 8
# between two sign-ins of a client
_PAUSE = 0.01
_INSERT = "INSERT INTO remembermetoken (id, created, token, username) VALUES (%s, now(), 'new', 'new')"


def longest_wait(database: Database, first_id: int, act: t.Callable[[], object]) -> float:
    """Seconds of the longest sign-in while ``act`` runs; raises what a client's database raised."""
    ids, over, waits, errors = itertools.count(first_id), threading.Event(), [0.0], []

    def sign_in_again_and_again() -> None:
        try:
            with closing(database.connect()) as connection, closing(connection.cursor()) as cursor:
                while not over.wait(_PAUSE):
                    began = time.monotonic()
                    cursor.execute(_INSERT, (next(ids),))
                    connection.commit()
                    waits.append(time.monotonic() - began)
        except Exception as error:
            errors.append(error)

    clients = [threading.Thread(target=sign_in_again_and_again) for _number in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        act()
    finally:
        over.set()
        for client in clients:
            client.join()
    if errors:
        raise errors[0]
    return max(waits)
