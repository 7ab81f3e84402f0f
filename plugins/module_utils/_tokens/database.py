# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which database holds the tokens and where archives go, as documented in the fragment ``database``."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import Engine, engine_named

DATABASE_OPTIONS: dict[str, t.Any] = {
    "product": {"type": "str", "required": True},
    "engine": {"type": "str", "required": True},
    "database_host": {"type": "str", "default": ""},
    "database_port": {"type": "int"},
    "database_name": {"type": "str", "required": True},
    "database_user": {"type": "str", "default": ""},
    "database_password": {"type": "str", "no_log": True, "default": ""},
    "database_schema": {"type": "str", "default": ""},
    "database_ssl_mode": {"type": "str", "default": ""},
    "database_ssl_ca": {"type": "path", "default": ""},
    "database_jar": {"type": "path", "default": ""},
    "accept_untested_engine": {"type": "bool", "default": False},
}
# the names of libpq; other drivers are given what comes closest
SSL_MODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full")

# before the name of an Oracle database that is a SID and no service, as a JDBC URL has it: host:port:SID
SID = ":"

# what product_detect says of words that it does not know
_NOT_CLEAR = "unknown"


@dataclass(frozen=True)
class Database:
    """Where the tokens are. ``host`` that begins with / is a unix socket; for SQLite ``name`` is the file.

    Of HSQLDB it is the path of the files without their suffix, and ``jar`` the jar that reads them, or the install folder that has it.
    """

    engine: Engine
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    ssl_mode: str = ""
    ssl_ca: str = ""
    jar: str = ""

    @property
    def where(self) -> str:
        """The database in sentences."""
        if not self.engine.default_port:
            return f"the {self.engine.title} database {self.name}"
        address = self.host if self.host.startswith("/") else f"{self.host}:{self.port or self.engine.default_port}"
        return f"the {self.engine.title} database {self.name} on {address}"


def database_of(options: t.Mapping[str, t.Any]) -> Database:
    """The database that the options name; raises SessionsError for values that cannot be meant, and where one would have to be guessed."""
    parts = ("name", "host", "port", "user", "password", "schema", "ssl_mode", "ssl_ca", "jar")
    named = {name: options[f"database_{name}"] for name in parts}
    engine = engine_named(options["engine"])
    _check_place(engine, named["host"].strip(), named["port"], named["name"].strip())
    if engine.default_port:
        _check_tls(named["ssl_mode"])
        _check_account(named["user"], named["password"])
    return Database(engine, **{**named, "port": named["port"] or 0})


def _check_tls(mode: str) -> None:
    if mode == _NOT_CLEAR:
        raise SessionsError(
            "What the product's own JDBC URL says of TLS is not clear: say with database_ssl_mode (in the playbook "
            f"force_reauth_database_ssl_mode) what is wanted: {', '.join(filter(None, SSL_MODES))}."
        )
    if mode not in SSL_MODES:
        raise SessionsError(f"database_ssl_mode {mode!r} is not known: {', '.join(filter(None, SSL_MODES))}.")


def _check_account(user: str, password: str) -> None:
    """Without a name the drivers sign in as the operating system's account: the password would be tried for somebody else."""
    if password and not user.strip():
        raise SessionsError(
            "database_user is empty, and a password is given: name its account with database_user "
            "(in the playbook force_reauth_database_user)."
        )


def _check_place(engine: Engine, host: str, port: int | None, name: str) -> None:
    """An empty value is what somebody does not know: it never means this machine, or a usual name."""
    if not name:
        raise SessionsError("database_name is empty: name the database. Which one is meant is not guessed.")
    if not engine.default_port:
        return
    if not host:
        raise SessionsError(f"database_host is empty: name the server of {engine.title}, 'localhost' if it is this machine.")
    if "," in host:
        raise SessionsError("database_host names several servers: give the one that is to be asked.")
    if port is not None and not 0 < port < 65536 and not (engine.is_mysql and host.startswith("/")):
        raise SessionsError(f"database_port {port} is no port. Leave it out where the server has the usual one, {engine.default_port}.")
