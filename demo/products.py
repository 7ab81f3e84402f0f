# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of what the stand-in imitates of a product, as data. The products themselves are in ``imitated/``."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

ENGINES = ("sqlite", "postgresql", "mariadb", "mysql")
# files of the node's own process, where the product has such a database
BUILT_IN = "hsqldb"


@dataclass(frozen=True)
class Table:
    """A table of the product: the statements that make it, by engine, and what each of its columns holds (a word of ``tokens.py``).

    ``users``: the condition that its rows of users fulfil, '' where all are of users.
    """

    name: str
    columns: t.Mapping[str, str]
    create: t.Mapping[str, tuple[str, ...]]
    users: str = ""

    @classmethod
    def alike(cls, name: str, columns: t.Mapping[str, str], *definitions: str) -> t.Self:
        """A table that every engine makes by the same words."""
        return cls(name, columns, dict.fromkeys((*ENGINES, BUILT_IN), (f"CREATE TABLE {name} ({', '.join(definitions)})",)))

    def column(self, word: str) -> str:
        """The column that holds it."""
        return next(name for name, held in self.columns.items() if held == word)


@dataclass(frozen=True)
class Users:
    """The tables of users, in the order of their making, where tokens do not name the login name: ``name`` is the one that has it.

    ``key`` is the column of it that the token's owner refers to, ``login`` the column of the login name.
    """

    tables: tuple[Table, ...]
    name: str
    key: str
    login: str


@dataclass(frozen=True)
class Members:
    """The page that names the nodes of the cluster to an administrator: a list at the key ``nodes``, of items with these texts by key.

    ``{name}`` in a text is the node's name. A text "true" is written as JSON's.
    """

    path: str
    nodes: str
    item: t.Mapping[str, str]

    def document(self, names: t.Sequence[str]) -> dict[str, object]:
        """What the page answers."""
        texts = ({key: text.format(name=name) for key, text in self.item.items()} for name in names)
        return {self.nodes: [{key: text == "true" or text for key, text in item.items()} for item in texts]}


@dataclass(frozen=True)
class UserList:
    """The page that lists all users to an administrator: a list at the key ``items``, with the key ``start`` in the query for all but the
    first page, and ``size`` for how many.

    ``last`` and ``next`` are the keys that tell the end, and where the next page starts, '' where the page tells neither.
    """

    path: str
    items: str
    start: str
    size: str
    next: str = ""
    last: str = ""

    def document(self, names: t.Sequence[str], query: t.Mapping[str, str], most: int) -> dict[str, object]:
        """What the page answers, with no more than ``most`` users."""
        first, size = int(query.get(self.start, 0)), min(int(query.get(self.size, 25)), most)
        page, after = names[first : first + size], first + size
        ended = after >= len(names)
        told = {self.last: ended, **({} if ended else {self.next: str(after)})} if self.last else {}
        return {self.items: [{"name": name, "active": True} for name in page], **told}


@dataclass(frozen=True)
class Pages:
    """Paths below the context path, '' where the product has no such page.

    ``starting_code`` is the status page's while the state is STARTING; ``early_status`` answers 200 from the first moment on.
    ``status_is_xml``: unless JSON is asked for.
    ``secondary_state`` is the ready state of every node but the first, '' where all nodes are alike. Where there is ``sign_in_json``, the
    form at ``sign_in`` signs in in legacy mode alone; the login page shows ``form_mark`` when the form signs in. Headers:
    ``reason_header`` says how a sign-in went, ``user_header`` who is signed in.
    ``clear_all``: below it an administrator has all tokens deleted; ``admin_calls``: the same by calls. ``end_sessions``: DELETE of it and
    a name ends the sessions of that user, on every node; ``permissions`` tells whether one may do that. ``members``, ``users``: None where
    no page names the nodes, or the users.
    """

    login: str
    sign_in: str
    sign_out: str
    home: str
    status: str = "/status"
    status_is_xml: bool = False
    starting_code: int = 200
    early_status: str = ""
    secondary_state: str = ""
    sign_in_json: str = ""
    form_mark: str = ""
    whoami: str = "/plugins/servlet/applinks/whoami"
    myself: str = ""
    manifest: str = "/rest/applinks/1.0/manifest"
    members: Members | None = None
    reason_header: str = ""
    user_header: str = ""
    clear_all: str = ""
    admin_calls: str = ""
    end_sessions: str = ""
    permissions: str = ""
    users: UserList | None = None


@dataclass(frozen=True)
class SignInForm:
    """The names of the fields; ``ticked`` is what the box 'remember me' sends."""

    username: str
    password: str
    remember_me: str
    ticked: str


@dataclass(frozen=True)
class Cookies:
    """Names, and how the remember-me cookie is written: ``value_format`` names one of ``values.py``.

    ``rotates``: each use of a token replaces it by another one of the same series. ``always_remembers``: also who does not tick the box.
    """

    session: str
    remember_me: str
    remember_me_seconds: int
    value_format: str
    rotates: bool = False
    always_remembers: bool = False


@dataclass(frozen=True)
class Service:
    """The process and its scripts, with arguments, below the install folder.

    ``install_mark`` and ``home_mark`` are the arguments of the process that name the folders (``{}``); ``pid_file`` and ``log`` are paths
    that begin with ``{install}`` or ``{home}``.
    """

    start: tuple[str, ...]
    stop: tuple[str, ...]
    install_mark: str
    home_mark: str
    log: str
    pid_file: str = ""


@dataclass(frozen=True)
class BuiltIn:
    """A database in files of the node: where they are, without their suffix, and the jar that opens them, as ``{install}/..`` or
    ``{home}/..``. ``templates``: a folder of ``files/`` whose files stand in place of those that name another database.
    """

    files: str
    jar: str
    templates: str


@dataclass(frozen=True)
class Line:
    """An older line of versions: its name as people say it, and the fields of StandInProduct in which it differs from today's."""

    name: str
    version: str
    changes: t.Mapping[str, t.Any]


@dataclass(frozen=True)
class StandInProduct:
    """One product's outside, today's ``line`` of it; ``older`` ones follow, the last of them with the old sign-in.
    ``title`` is for people, ``webapp`` the folder of its web application in a Tomcat.

    ``built_in``: its database where no other is set, None where that is none of BUILT_IN.
    ``templates``: the folders of ``files/`` that make a node, each with ``install`` and ``home``. ``behaviour_file``: the file of the
    product that says how it behaves, as ``{install}/..`` or ``{home}/..``, '' for none. ``persisted_sessions``: below the install folder,
    '' where no session is ever saved. ``clustered``: whether it may have more than one node. ``members``: the tables in which its nodes
    note that they are alive. ``more_tokens``: tables that get a row, too, whenever a token is made; ``also``: statements that make the
    rest. ``tomcat``: the folder of the Tomcat below the install folder, with its slash, '' where both are one.
    """

    name: str
    title: str
    line: str
    version: str
    manifest_type: str
    pages: Pages
    form: SignInForm
    cookies: Cookies
    tokens: Table
    service: Service
    templates: tuple[str, ...]
    users: Users | None = None
    webapp: str = ""
    behaviour_file: str = ""
    persisted_sessions: str = ""
    clustered: bool = True
    members: tuple[Table, ...] = ()
    older: tuple[Line, ...] = ()
    more_tokens: tuple[Table, ...] = ()
    also: tuple[str, ...] = ()
    tomcat: str = ""
    built_in: BuiltIn | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines by name, today's first."""
        return (self.line, *(line.name for line in self.older))

    def on_line(self, name: str) -> StandInProduct:
        """The product as that line has it, '' is today's; raises ValueError that names the lines."""
        for line in self.older:
            if line.name == name:
                return replace(self, line=line.name, version=line.version, **line.changes)
        if name not in ("", self.line):
            raise ValueError(f"{self.title} has no line {name}: take one of {', '.join(self.lines)}.")
        return self
