# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver's error means, in words of our own: a driver's text may quote values, so none of it is repeated. Pure.

Sources of the codes: PostgreSQL manual, appendix A; MySQL and MariaDB error references; SQLite's result codes.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


class Contended(SessionsError):
    """Others are in the way for the moment; nothing was changed, the same may work later."""


class CommitUnknown(SessionsError):
    """The connection was lost in the commit: the rows may be deleted, or may not."""


CONTENDED = "others hold a lock on the table"
LOST = "the connection was lost"
RIGHTS = "the account lacks a right"
_READ_ONLY = "it is read-only (a standby?)"
_FULL = "its disk is full"

_BY_CODE: t.Mapping[str, str] = {
    # SQLSTATE of PostgreSQL
    "55P03": CONTENDED,
    "40P01": CONTENDED,
    "40001": CONTENDED,
    "42501": RIGHTS,
    "25006": _READ_ONLY,
    "53100": _FULL,
    "53300": "it has no connection left",
    "57P01": LOST,
    "57P02": LOST,
    "57P03": "it is starting up or shutting down",
    "57014": "it cancelled the statement",
    "23505": "a row with the same key or token is there already",
    "28P01": "it refuses the user name or the password",
    "28000": "it refuses the user name or the password",
    "3D000": "it has no database of that name",
    "42P01": "it has no table of that name",
    # MySQL and MariaDB
    "1205": CONTENDED,
    "1213": CONTENDED,
    "1020": CONTENDED,
    "1044": "the account may not use that database",
    "1045": "it refuses the user name or the password",
    "1698": "it refuses the user name or the password",
    "1049": "it has no database of that name",
    "1142": RIGHTS,
    "1143": RIGHTS,
    "1290": _READ_ONLY,
    "1836": _READ_ONLY,
    "1021": _FULL,
    "1040": "it has no connection left",
    "1062": "a row with the same key or token is there already",
    "1047": "its Galera node is not part of the cluster",
    "2002": "it does not answer",
    "2003": "it does not answer",
    "2006": LOST,
    "2013": LOST,
}
# SQLite, libpq and PyMySQL give no code for these, only English text of their own
_BY_TEXT: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "it refuses the user name or the password"),
    ("no password supplied", "it wants a password"),
    ("no pg_hba.conf entry", "its pg_hba.conf does not let this host in"),
    ("does not exist", "it has no database, or no account, of that name"),
    ("certificate", "its TLS certificate is not accepted"),
    ("server does not support SSL", "it does not offer TLS"),
    ("could not translate host name", "its host name is not known here"),
    ("timeout expired", "it does not answer"),
    ("Connection refused", "nobody listens there"),
    ("No such file or directory", "nobody listens there"),
    ("the database system is", "it is starting up or shutting down"),
    ("cryptography", "its kind of account needs the Python package cryptography"),
    ("server closed the connection", LOST),
    ("terminating connection", LOST),
    ("connection already closed", LOST),
    # psycopg2, when the server goes away in the middle of a COPY
    ("no message from the libpq", LOST),
    ("SSL connection has been closed", LOST),
    ("SSL SYSCALL error", LOST),
    # Oracle and SQL Server
    ("ORA-00054", CONTENDED),
    ("Lock request time out period exceeded", CONTENDED),
    ("ORA-01017", "it refuses the user name or the password"),
    ("database is locked", CONTENDED),
    ("database table is locked", CONTENDED),
    ("unable to open database file", "the file, or its folder, cannot be opened"),
    ("file is not a database", "the file is no SQLite database"),
    ("database disk image is malformed", "the file is damaged"),
    ("database or disk is full", _FULL),
    ("attempt to write a readonly database", "the file, or its folder, is read-only for this account"),
    ("disk I/O error", "the file cannot be read or written"),
    ("UNIQUE constraint failed", "a row with the same key or token is there already"),
    ("Could not decode to UTF-8", "a value is no UTF-8 text"),
)


def meaning(code: str, text: str) -> str:
    """In a few words what went wrong."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    for words, meant in _BY_TEXT:
        if words in text:
            return meant
    return f"it answered with error {code}" if code else "it answered with an error that this collection does not know"


def sentence(where: str, doing: str, meant: str) -> SessionsError:
    """The failure for people, as Contended where another try may help. ``doing`` completes "cannot"."""
    kind = Contended if meant == CONTENDED else SessionsError
    return kind(f"{where[:1].upper()}{where[1:]}: cannot {doing}: {meant}.")
