# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large table whose tokens change on use, purged while users sign in and come back: what went is in an archive, as it was last."""

from __future__ import annotations

import gzip
import random
import threading
import typing as t
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module

from demo.patience import wait_for
from tests.database.site import Site
from tests.database.tables import BITBUCKET

CLIENTS = 8
# of each client, above those of the rows that are there before
KEYS = 10_000_000
# in words that MySQL 5.7 knows, too: more rows, made of those that are there
FIRST = "INSERT INTO sta_remember_me_token VALUES (1, 'series1', 'token1', 1, now(), false, NULL)"
MORE = (
    "INSERT INTO sta_remember_me_token "
    "SELECT id + {there}, concat('series', id + {there}), concat('token', id + {there}), mod(id + {there}, 1000), now(), false, NULL "
    "FROM sta_remember_me_token WHERE id <= {lacking}"
)
SIGN_IN = "INSERT INTO sta_remember_me_token (id, series, token, user_id) VALUES (%s, %s, 'new', 7)"
ROTATE = "UPDATE sta_remember_me_token SET token = %s WHERE series = %s"


def fill(site: Site, rows: int) -> None:
    """Double them until there are so many."""
    doublings = [2**number for number in range((rows - 1).bit_length())]
    site.run_sql(FIRST, *(MORE.format(there=there, lacking=rows - there) for there in doublings))


@dataclass
class Client:
    """Signs in and comes back, again and again. ``signed_in``: keys, ``rotated``: tokens by key; both when they were committed."""

    site: Site
    number: int
    rows: int
    signed_in: list[int] = field(default_factory=list)
    rotated: dict[int, str] = field(default_factory=dict)
    problem: Exception | None = None

    def run(self, over: threading.Event) -> None:
        turns = random.Random(self.number)  # noqa: S311  which row is no secret
        try:
            with closing(self.site.database.connect()) as connection, closing(connection.cursor()) as cursor:
                while not over.wait(0.002):
                    self._sign_in(connection, cursor)
                    # each client comes back with cookies of its own
                    self._come_back(connection, cursor, turns.randrange(self.rows // CLIENTS) * CLIENTS + self.number + 1)
        except Exception as error:
            self.problem = error

    def _sign_in(self, connection: t.Any, cursor: t.Any) -> None:
        key = KEYS * (self.number + 1) + len(self.signed_in)
        cursor.execute(SIGN_IN, (key, f"series{key}"))
        connection.commit()
        self.signed_in.append(key)

    def _come_back(self, connection: t.Any, cursor: t.Any, key: int) -> None:
        token = f"rotated{len(self.rotated)}"
        try:
            cursor.execute(ROTATE, (token, f"series{key}"))
            changed = cursor.rowcount
            connection.commit()
        except Exception as error:
            # who waits for each other: a product tries again, too
            if "eadlock" not in str(error):
                raise
            connection.rollback()
            return
        if changed:
            self.rotated[key] = token


def archived(archives: t.Iterable[dict[str, t.Any]]) -> t.Iterator[tuple[int, str]]:
    """Key and token of each row, read by the standard library."""
    for archive in archives:
        with gzip.open(Path(archive["path"]), "rt", encoding="utf-8") as lines:
            for line in lines:
                key, _series, token, _rest = line.split("\t", 3)
                yield int(key), token


@pytest.mark.parametrize(("rows", "span"), [(20_000, 3_000), pytest.param(1_600_000, 50_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_tokens_that_change_during_the_purge(
    engine: str, rows: int, span: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_module, "RANGE", span)
    found: Site = request.getfixturevalue(engine)
    site = replace(found, product="bitbucket").create(BITBUCKET)
    fill(site, rows)
    clients, over = [Client(site, number, rows) for number in range(CLIENTS)], threading.Event()
    threads = [threading.Thread(target=client.run, args=(over,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: all(len(client.rotated) > 5 or client.problem for client in clients), "every client comes back")
        before = [client.signed_in[-1] for client in clients]
        done = site.purge(lock_wait=600)
        after = [len(client.signed_in) for client in clients]
        going_on = zip(clients, after, strict=True)
        wait_for(lambda: all(len(client.signed_in) > count or client.problem for client, count in going_on), "every client goes on")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert [client.problem for client in clients] == [None] * CLIENTS
    tokens = {key: token for client in clients for key, token in client.rotated.items()}
    tokens |= {key: "new" for client in clients for key in client.signed_in}
    left = {int(row[0]) for row in site.query("SELECT id FROM sta_remember_me_token")}
    seen: set[int] = set()
    for key, token in archived(done["archives"]):
        assert token == tokens.get(key, f"token{key}"), key
        seen.add(key)
    assert seen | left == {*range(1, rows + 1), *(key for client in clients for key in client.signed_in)}
    assert not seen & left
    # nothing is left that was there before: of each client those that were archived are the older ones
    assert min(left) > KEYS
    for client, last in zip(clients, before, strict=True):
        own = [key for key in client.signed_in if key in left]
        assert last < own[0]
        assert own == client.signed_in[-len(own) :]
