# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of what is known of one product: data, no behaviour. Values live in ``_products/``."""

from __future__ import annotations

import typing as t

ColumnKind = t.Literal["integer", "text", "timestamp", "boolean"]


class Column(t.NamedTuple):
    """A column of the token table; ``kind`` is the family of types that the product creates it with."""

    name: str
    kind: ColumnKind


class UserTable(t.NamedTuple):
    """The table, in the schema of the token table, that names users: its column ``key`` holds what the tokens' ``user`` does."""

    table: str
    key: str
    name: str


class Spared(t.NamedTuple):
    """Rows of a token table that are no browser's: the integer in ``column`` is ``value``. ``what``: in words, several of them."""

    column: str
    value: int
    what: str


class TokenTable(t.NamedTuple):
    """The table of remember-me tokens. ``key`` is the primary key, ``token`` the credential itself.

    ``created`` names the column that tells the age of a token; its unit is ``created_unit``. ``created_is_end``: it tells no more than
    when the token ends. ``series`` names the column that
    a rotated token keeps, where tokens rotate on use, ``sort`` the one that tells sorts of logins apart; '' elsewhere.
    ``users`` turns ``user`` into a name; None where it is one. ``spared``: rows that are counted, and left alone; None where none is.
    """

    name: str
    columns: tuple[Column, ...]
    key: str
    token: str
    user: str
    created: str
    created_unit: t.Literal["timestamp", "epoch_ms"]
    series: str = ""
    sort: str = ""
    users: UserTable | None = None
    created_is_end: bool = False
    spared: Spared | None = None


class Place(t.NamedTuple):
    """One place where a value may be written.

    ``where`` is a file (its path begins with ``{install}`` or ``{home}``) and ``key`` the key in it, as ``_detect/settings.py`` writes it.
    Or ``where`` is ARGUMENT (``key`` begins an argument of the process), ENVIRONMENT (``key`` is a variable of the process), SPRING_JSON
    (``key`` may be one of those that Spring is given as JSON, which is not read: the value is not known, then) or DEFAULT (``key`` is the
    value itself).
    """

    where: str
    key: str


ARGUMENT, ENVIRONMENT, SPRING_JSON, DEFAULT = "argument", "environment", "spring json", "default"
Places = tuple[Place, ...]
# by which most scripts take arguments of the process
OPTIONS = ("JAVA_OPTS", "CATALINA_OPTS", "JVM_SUPPORT_RECOMMENDED_ARGS")


class BuiltIn(t.NamedTuple):
    """The built-in database of a product: its engine, its path, and a glob pattern for its files, which are there where it is used.

    ``needs_file``: whether the product has a settings file even then. ``finished``: where it says how far its set-up is, 'complete' at the
    end; ``kind``: where it says which kind of set-up that was, 'cluster' for one that has no built-in database.
    """

    engine: str
    path: str
    files: str
    needs_file: bool = True
    finished: Places = ()
    kind: Places = ()


class DatabaseKeys(t.NamedTuple):
    """Where the database settings are. Several places of one value: the first that has it wins.

    ``file`` is the file that a set-up product has, ``root`` its XML root element ('' for other formats). ``kind`` tells the engine where
    no URL does; ``password`` and ``cipher`` are only looked at to tell an encrypted password. ``built_in``: the database that a product
    without any setting uses. ``properties``: what the driver is told beside the URL, ``name=value;name=value``. ``older``: the keys of the
    file that earlier versions have, which counts where ``file`` is not there.
    """

    file: str
    root: str
    url: Places
    user: Places
    password: Places
    cipher: Places = ()
    schema: Places = ()
    kind: Places = ()
    jndi: Places = ()
    properties: Places = ()
    built_in: BuiltIn | None = None
    older: DatabaseKeys | None = None


class Tomcat(t.NamedTuple):
    """A product in a Tomcat of its own.

    ``server`` and ``contexts`` (glob patterns of further files with a Context element) are below the install folder; ``webapp`` is the
    folder that the product's own Context names as its docBase. ``base``: the folder of the Tomcat below the install folder, with a slash
    before it, '' where both are one.
    """

    server: str
    webapp: str
    contexts: tuple[str, ...]
    base: str = ""


class ConnectorKeys(t.NamedTuple):
    """The connector of a product whose own settings name it. ``bind`` is '[address]:port', ``tls_bind`` the same of one with TLS alone.

    A product in a Tomcat may remember its ``context``, too.
    """

    bind: Places = ()
    tls_bind: Places = ()
    port: Places = ()
    address: Places = ()
    context: Places = ()
    tls: Places = ()
    proxy_name: Places = ()
    proxy_port: Places = ()
    scheme: Places = ()
    site_url: Places = ()


SessionsKept = t.Literal["memory", "disk", "elsewhere", "replicated", "outside", "unknown"]


class SessionKeys(t.NamedTuple):
    """Where sessions are kept when no Tomcat file says otherwise: ``setting`` holds one of ``values``, else it is ``default``."""

    default: SessionsKept
    setting: Places = ()
    values: tuple[tuple[str, SessionsKept], ...] = ()


class SignOnKeys(t.NamedTuple):
    """Where it stands whether the single sign-on of another ``server`` signs users in: where the value fits ``on``, not where ``off``.

    Both are regular expressions for the whole value. Where nothing is set, it does not. ``address``: where it stands which server it is.
    """

    server: str
    setting: Places
    on: str
    off: str
    address: Places = ()


class Files(t.NamedTuple):
    """Where the product keeps its settings.

    ``signs`` are files below the install folder, one of which only this product has; ``version`` are glob patterns below it, each with a
    regular expression whose group is the version. ``clustered``: settings; on a node of a cluster one of them is set, and not 'false'.
    ``shared_home``: where the folder stands that the nodes of a cluster share, where settings lie in it.
    """

    signs: tuple[str, ...]
    usual_install: str
    version: tuple[tuple[str, str], ...]
    home: Places
    database: DatabaseKeys
    node_id: Places
    clustered: tuple[Places, ...]
    tomcat: Tomcat | None
    connector: ConnectorKeys
    session_cookie: Places
    remember_me_cookie: Places
    sessions: SessionKeys
    sign_on: SignOnKeys
    shared_home: Places = ()


class Companion(t.NamedTuple):
    """What the start script starts beside the product, unless it is given the argument ``without``; ``process``: as of ``Service``."""

    process: tuple[str, ...]
    without: str


class Service(t.NamedTuple):
    """How the product is started and stopped, and how its process is told from others.

    ``start`` and ``stop`` are a script below the install folder and its arguments; ``process`` are regular expressions for one whole
    argument of the process's command line, whose group is the install folder. ``pid_file``: by which the stop script finds the process
    ('' where it does not need one), ``pid_variable``: the variable of its environment that may name another. ``options``: variables by
    which the scripts take arguments of the process from their environment, those last that they put into the others; ``memory``: the same
    of the size of its heap alone; ``from_files``: those that they take from a file of the product, by a command. ``companion``: None where
    the start script starts one process.
    """

    start: tuple[str, ...]
    stop: tuple[str, ...]
    process: tuple[str, ...]
    pid_file: str = ""
    pid_variable: str = ""
    options: tuple[str, ...] = OPTIONS
    memory: tuple[str, ...] = ("JVM_MAXIMUM_MEMORY", "JVM_MINIMUM_MEMORY")
    from_files: tuple[str, ...] = ()
    companion: Companion | None = None


class Web(t.NamedTuple):
    """Cookies, pages and states. Paths are below the context path; '' where the product has no such page.

    ``sign_in_page`` is the page for people; where it shows ``sign_in_form_mark``, the form signs in, and JSON does not. Words of
    ``reason_header``: ``refused_reason`` for a wrong password, ``captcha_reason`` for an account that is locked until it solves one.
    Headers in lower case: ``whoami_header`` also tells who is signed in, ``reason_header`` why somebody is not. ``secondary_states`` are
    the ready states of a node that stands by for the primary, where a cluster has one, ``shared_states`` those that both may have.
    ``remember_me_form``: by what the remember-me cookie names its row. ``key``: URL-encoded ``<key>:<40 hex>``; ``series``: base64 of
    ``<series>:<40 hex>``, the series 40 hex as well; '' where that is not known. ``remember_me_idles``: it ends when it is not used.
    """

    default_port: int
    session_cookie: str
    remember_me_cookie: str
    status_path: str
    ready_states: tuple[str, ...]
    functional_path: str
    sign_in_page: str
    sign_in_json_path: str
    sign_in_path: str
    sign_in_form: tuple[tuple[str, str], ...]
    whoami_path: str
    sign_in_form_mark: str = ""
    secondary_states: tuple[str, ...] = ()
    shared_states: tuple[str, ...] = ()
    whoami_header: str = ""
    reason_header: str = ""
    refused_reason: str = ""
    captcha_reason: str = ""
    remember_me_form: t.Literal["", "key", "series"] = ""
    remember_me_idles: bool = False


class MemberTables(t.NamedTuple):
    """Tables, in the schema of the token table, in which the product keeps the nodes of its cluster, and their heartbeats.

    ``nodes`` has the columns ``node`` and ``state``; ``heartbeats`` has ``node``, too, and ``beat``, ms by the database's clock. A node
    counts as alive for ``alive_ms`` after its last heartbeat, unless its state is one of ``gone_states``.
    """

    nodes: str
    heartbeats: str
    node: str
    state: str
    beat: str
    gone_states: tuple[str, ...]
    alive_ms: int


class InMemory(t.NamedTuple):
    """Where the product's database says that tokens are kept in the memory of the process, and not in their table.

    In the row of ``table``, in the schema of the token table, whose column ``name`` is ``setting``, the column ``value`` is one of ``on``.
    """

    table: str
    name: str
    setting: str
    value: str
    on: tuple[str, ...]


# one row of those tables: node, state, last heartbeat in ms (of the database's clock), None for none
MemberRow = tuple[str, t.Optional[str], t.Optional[int]]


class Survivors(t.NamedTuple):
    """A table, in the schema of the token table, each row of which signs somebody in, and that a sign-out leaves alone.

    ``what``: in the words of the product's ``survives``; ``rows``: what its rows are. ``columns``: by these it is known to be that table.
    ``sort`` and ``value``: which of its rows they are, where there are others; '' where all are.
    """

    what: str
    rows: str
    table: str
    columns: tuple[str, ...]
    sort: str = ""
    value: str = ""


class MembersPage(t.NamedTuple):
    """The page that names the nodes of the cluster to an administrator, as JSON.

    ``nodes`` is the key of the list ('' when the document is the list), ``node`` and ``state`` ('' where there is none) are keys of its
    items; ``gone_states`` as JSON writes them, without quotes.
    """

    path: str
    nodes: str
    node: str
    state: str
    gone_states: tuple[str, ...]


class ClearPage(t.NamedTuple):
    """The page on which an administrator has the product delete every remember-me token.

    It shows a form whose action names ``action``, after the password was given once more in the field ``password``, where it asks for it.
    """

    path: str
    action: str
    password: str


class ClearCalls(t.NamedTuple):
    """The calls of the REST API by which an administrator has the product end every login of users, known from the version ``since`` on.

    ``right`` is a page that is shown to who may make them alone. ``expire`` (POST) deletes all remember-me tokens. ``sessions`` lists the
    sessions of users from ``{start}`` on: at the key ``items`` rows with a ``key`` (a credential) and the moment ``begun``, and ``last``,
    whether this is the last page. ``end`` (DELETE) ends the one of ``{key}``.
    """

    since: str
    right: str
    expire: str
    sessions: str
    items: str
    key: str
    begun: str
    last: str
    end: str


class UserList(t.NamedTuple):
    """The page that lists every user to an administrator, also one who may not sign in any more: JSON, page by page.

    ``path`` is the first page, ``{start}`` in ``more`` what is added for the others: what the page before says at the key ``next``, or
    where there is none, how many users came before. ``items`` is the key of the list, ``name`` that of an item's login name.
    ``last``: the key that says true on the last page; where there is none, that is a page without users. ``known_to``: the versions that
    have the page, in words.
    """

    path: str
    more: str
    items: str
    name: str
    known_to: str
    next: str = ""
    last: str = ""


EndsLoaded = t.Literal["yes", "no", "unknown"]


class EndSessions(t.NamedTuple):
    """The call (DELETE) by which an administrator ends the sessions of one user on every node, without a restart.

    ``path`` has ``{name}`` for the login name, ``since`` is the first version that knows the call. ``right`` is a page that tells, as JSON
    at the keys ``right_at``, whether the account may do so; where there are none, only who may is shown the page. ``note``: what the call
    is known to leave alone, or what is not known of it. ``ends_loaded``: whether it ends sessions that a node saved at a stop and loaded at
    its start. ``users``: whom to call it for, where no table tells.
    """

    path: str
    since: str
    right: str
    right_at: tuple[str, ...]
    note: str
    ends_loaded: EndsLoaded
    users: UserList


class Product(t.NamedTuple):
    """All that is particular to one product.

    ``persisted_sessions``: names of the files in which its Tomcat saves sessions at a stop, each in a folder of the work folder for engine,
    host and application; with the folder of the Tomcat before the name, where that is not the install folder.
    ``survivors``: where rows of what survives can be counted.
    ``member_tables``, ``members_page``, ``clear_page``, ``clear_calls`` and ``end_sessions``: None where none is known.
    ``tokens`` is the table that the remember-me cookie of the canary is in, ``more_tokens`` are further ones, in the same schema,
    whose tokens may make one of ``tokens``.
    ``in_memory``: where it stands that those of ``tokens`` may be kept elsewhere, None where they cannot be.
    """

    name: str
    title: str
    tokens: TokenTable
    files: Files
    service: Service
    web: Web
    persisted_sessions: tuple[str, ...]
    survives: tuple[str, ...]
    survivors: tuple[Survivors, ...] = ()
    member_tables: MemberTables | None = None
    members_page: MembersPage | None = None
    clear_page: ClearPage | None = None
    clear_calls: ClearCalls | None = None
    end_sessions: EndSessions | None = None
    more_tokens: tuple[TokenTable, ...] = ()
    in_memory: InMemory | None = None

    @property
    def token_tables(self) -> tuple[TokenTable, ...]:
        """Every table of tokens."""
        return (self.tokens, *self.more_tokens)
