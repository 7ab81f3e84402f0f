# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fifty users of the demo: who they are, and which of their cookies still open the stand-in."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from demo.browser import Browser
from demo.cluster import Cluster, ClusterNode

COLUMNS = 5


@dataclass(frozen=True)
class Look:
    """Which cookies opened a door somewhere: None = the user has no such cookie."""

    session: bool
    remember_me: bool | None

    @property
    def letters(self) -> str:
        """Two letters: S and R for a cookie that opens, - for a dead one, blank for none."""
        return ("S" if self.session else "-") + {True: "R", False: "-", None: " "}[self.remember_me]


class Crowd:
    """Users spread over the nodes; every second one ticked 'remember my login'."""

    def __init__(self, cluster: Cluster, number: int = 50) -> None:
        self._cluster = cluster
        names = [f"user{n:02d}" for n in range(1, number + 1)]
        self.browsers = [Browser(name, cluster.add_user(name)) for name in names]
        self.homes = {browser.user: cluster.nodes[n % len(cluster.nodes)] for n, browser in enumerate(self.browsers)}
        self.remembered = {browser.user for n, browser in enumerate(self.browsers) if n % 2 == 0}

    def sign_in(self) -> None:
        """Everybody signs in at the node of theirs; raises RuntimeError when somebody cannot."""
        for browser in self.browsers:
            if not browser.sign_in(self.homes[browser.user], remember_me=browser.user in self.remembered):
                raise RuntimeError(f"{browser.user} cannot sign in")

    def look(self) -> dict[str, Look]:
        """Replay every cookie, alone, on every node."""
        return {browser.user: self._look_at(browser) for browser in self.browsers}

    def able_to_sign_in(self) -> int:
        """How many can sign in again, each with a browser of their own that keeps nothing."""
        fresh = [Browser(browser.user, browser.password) for browser in self.browsers]
        return sum(bool(browser.sign_in(self.homes[browser.user])) for browser in fresh)

    def _look_at(self, browser: Browser) -> Look:
        names, nodes = self._cluster.product.cookies, self._cluster.nodes
        session = any(_opens(browser, node, names.session) for node in nodes)
        if names.remember_me not in browser.cookies:
            return Look(session, None)
        return Look(session, any(_opens(browser, node, names.remember_me) for node in nodes))


def grid(crowd: Crowd, looks: t.Sequence[dict[str, Look]]) -> str:
    """The users in columns: name, node, letters of each look (``SR``, or ``SR > --`` when there are two)."""
    cells = [f"{user} {node.name} {' > '.join(look[user].letters for look in looks)}" for user, node in crowd.homes.items()]
    rows = -(-len(cells) // COLUMNS)
    return "\n".join(("    ".join(cells[row::rows])).rstrip() for row in range(rows))


def totals(crowd: Crowd, looks: t.Sequence[dict[str, Look]]) -> str:
    """A line per node: users, and how many of their cookies open a door, look by look."""
    lines = [f"{'node':6}{'users':>7}{'session opens':>18}{'remember-me opens':>22}"]
    lines += [
        _total(node.name, [user for user, home in crowd.homes.items() if home == node], looks)
        for node in dict.fromkeys(crowd.homes.values())
    ]
    lines.append(_total("all", list(crowd.homes), looks))
    return "\n".join(lines)


def _total(name: str, users: list[str], looks: t.Sequence[dict[str, Look]]) -> str:
    sessions = " > ".join(f"{sum(look[user].session for user in users):2}" for look in looks)
    owners = sum(looks[0][user].remember_me is not None for user in users)
    remembered = " > ".join(f"{sum(bool(look[user].remember_me) for user in users):2}" for look in looks)
    return f"{name:6}{len(users):>7}{f'{sessions} of {len(users):2}':>18}{f'{remembered} of {owners:2}':>22}"


def all_open(look: dict[str, Look]) -> bool:
    """Every cookie opens: else an end of it would prove nothing."""
    return all(one.session and one.remember_me is not False for one in look.values())


def all_dead(look: dict[str, Look]) -> bool:
    """No cookie opens anything."""
    return not any(one.session or one.remember_me for one in look.values())


def _opens(browser: Browser, node: ClusterNode, cookie: str) -> bool:
    return browser.whoami(node, cookie) == browser.user
