# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a connection to the token database is protected, before it is made. Pure.

A password may go in clear text where nobody else listens: over a unix socket, or where TLS is certain.
"""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database

# TLS, or no connection
CERTAIN = ("require", "verify-ca", "verify-full")
VERIFIED = ("verify-ca", "verify-full")
# the first libpq that can be told which ways to sign in it may take
_LIBPQ_WITH_REQUIRE_AUTH = 160000
# the drivers that are told of TLS
_ENGINES = ("postgresql", "mysql", "mariadb")


def mode_of(database: Database) -> str:
    """The mode that is meant: who names an authority with ``require`` wants its signature, as libpq reads it."""
    return "verify-ca" if database.ssl_mode == "require" and database.ssl_ca else database.ssl_mode


def is_private(database: Database) -> bool:
    """Whether nobody else can listen, whatever the server says."""
    return database.host.startswith("/") or mode_of(database) in CERTAIN


def tls_problem(database: Database, authority_is_known: bool) -> str:
    """Why the TLS that is wanted is not to be had, '' when it is. ``authority_is_known``: the driver knows one without ssl_ca."""
    mode = mode_of(database)
    if not database.engine.default_port or (database.engine.name == "postgresql" and database.host.startswith("/")):
        # a file, or a socket, over which libpq never speaks TLS
        return ""
    if database.engine.name not in _ENGINES:
        return _untold(database, mode)
    if database.ssl_ca and mode not in VERIFIED:
        return "database_ssl_ca is given, and nothing would be checked by it: give database_ssl_mode verify-full (or verify-ca) with it."
    if mode in VERIFIED and not (database.ssl_ca or authority_is_known):
        return (
            f"TLS {mode} needs the certificates of those who may sign the server's: give their file on the database host with "
            "database_ssl_ca (in the playbook force_reauth_database_ssl_ca; that of the system is often /etc/ssl/certs/ca-certificates.crt "
            "or /etc/pki/tls/certs/ca-bundle.crt), or say with database_ssl_mode that less will do."
        )
    return ""


def unnamed_problem(database: Database, path: str, before: str) -> str:
    """Why the rows of an archive are not sent, '' when they are: its run insisted on TLS, and nobody says what is to be had now.

    ``before``: the mode of that run, as its archive says.
    """
    if database.ssl_mode or database.host.startswith("/") or before not in CERTAIN:
        return ""
    return (
        f"The run that wrote {path} insisted on TLS {before}, and nobody says what is wanted now: its logins could go to whoever answers. "
        "Name the mode with database_ssl_mode (in the playbook force_reauth_database_ssl_mode). Nothing was put back."
    )


def _untold(database: Database, mode: str) -> str:
    if mode in ("", "allow", "prefer") and not database.ssl_ca:
        return ""
    return (
        f"The driver for {database.engine.title} is not told of TLS here, so {mode or 'database_ssl_ca'} cannot be kept. "
        "Run the SQL by hand, or say database_ssl_mode prefer (in the playbook force_reauth_database_ssl_mode) where that will do."
    )


def libpq_tls(database: Database, libpq: int) -> dict[str, str]:
    """The parameters of libpq, of that version, with which no password goes in clear text to whom others can hear."""
    mode = mode_of(database)
    if is_private(database):
        return {"sslmode": mode}
    if libpq >= _LIBPQ_WITH_REQUIRE_AUTH:
        return {"sslmode": mode, "require_auth": "!password"}
    # an older one answers whatever it is asked: it is given nothing but TLS
    return {"sslmode": "require"}


def older_libpq_problem(database: Database, libpq: int) -> str:
    """Why a connection without TLS cannot be made by an old libpq, '' when it is not old, or TLS is not ruled out."""
    if is_private(database) or libpq >= _LIBPQ_WITH_REQUIRE_AUTH or database.ssl_mode not in ("disable", "allow"):
        return ""
    return (
        f"psycopg2 uses libpq {libpq // 10000} here, which cannot refuse to send the password in clear text: "
        "install psycopg2-binary 2.9.9 or newer, or give database_ssl_mode require."
    )
