# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the servers and their drivers say when something fails, by engine, and what it means in words of our own. Pure.

Sources: PostgreSQL manual, appendix A, and the messages of libpq and PgBouncer; MySQL and MariaDB error references; SQLite's result codes;
SQL Server's and Oracle's error references; HSQLDB's numbers as 1.8.0.10 and 2.7.1 gave them. A number means nothing without its engine:
1040 of one is not 1040 of another.
"""

from __future__ import annotations

import typing as t

Codes = t.Mapping[str, str]
# patterns of English text, the first that is found counts
Texts = t.Sequence[tuple[str, str]]

CONTENDED = "others hold a lock on the table"
CHANGED = "others have changed a row of it meanwhile"
LOST = "the connection was lost"
RIGHTS = "the account lacks a right"
NO_ANSWER = "it does not answer"
NONE_LEFT = "it has no connection left"
NONE_LEFT_FOR_IT = "the account has no connection left (a limit of its own)"
# what would be sent to whoever listens
CLEAR_TEXT = (
    "it asks for the password in clear text, and TLS is not certain: nothing was sent. "
    "Give database_ssl_mode require (in the playbook force_reauth_database_ssl_mode)"
)
FOREIGN_KEY = (
    "it asks for the password under a key of its own, without TLS, and anybody could send such a key: nothing was sent. "
    "Give database_ssl_mode require (in the playbook force_reauth_database_ssl_mode), or disable where nobody else is on the network"
)
NO_TLS = "it does not offer TLS, and a connection without it was ruled out (by database_ssl_mode, or by the product's own JDBC URL)"
NO_AUTHORITY = "the file of the TLS authorities (database_ssl_ca) is not understood"

_READ_ONLY = "it is read-only (a standby?)"
_FULL = "its disk is full"
_REFUSED = "it refuses the user name or the password"
_REFUSED_OR_TLS = (
    f"{_REFUSED}, or wants TLS from this account (database_ssl_mode require), or a certificate, which this collection cannot give"
)
_NO_DATABASE = "it has no database of that name"
_NO_ACCOUNT = "it has no account of that name"
_NO_TABLE = "it has no table of that name"
_NOBODY = "nobody listens there"
_NO_NAME = "its host name is not known here"
_STARTING = "it is starting up or shutting down"
_GONE = "a row points at one of another table that is not there any more (a user who is gone?)"
_TWICE = "a row with the same key or token is there already"
_NO_LOGIN = "the account may not sign in there (NOLOGIN, locked, or not for this database)"
_EXPIRED = "the account's password has expired"
_CERTIFICATE = "its TLS certificate is not accepted: no authority in database_ssl_ca (or of the system) has signed it"
_OTHER_NAME = "its TLS certificate is for another host name"
_OLD_CERTIFICATE = "its TLS certificate has expired, or is not valid yet"
_NO_TLS_FOR_LIBPQ = f"{NO_TLS}, or psycopg2 uses a libpq older than 16, which could not refuse to send the password in clear text"
_WANTS_TLS = "it wants TLS from this account: give database_ssl_mode require"
_WANTS_CERTIFICATE = "it wants a certificate of the client, which this collection cannot give"
_HANDSHAKE = "TLS cannot be agreed on with it"
_CHARACTERS = "a value cannot be written in its character set"
_PEER = "it lets in only the operating system's account of that name (peer, ident or a socket's plugin), not one with a password"
_NO_LINE = (
    "its pg_hba.conf has no line that lets this account into this database from here: "
    "have one added, or take the product's own account, from a host where it may"
)
_NO_LINE_WITHOUT_TLS = (
    "its pg_hba.conf has no line that lets this account into this database from here without TLS: "
    "try database_ssl_mode require, or have a line added"
)
_STATEMENT_POOL = "its PgBouncer pools statements, which allows no transaction: give the address of PostgreSQL itself, or of another pool"
_POOLER = (
    "its PgBouncer has just failed to sign in to PostgreSQL for this account and database, and waits before it tries again: "
    "see its log, or give the address of PostgreSQL itself"
)
# of who hangs up at the first transaction; psycopg2 loses PgBouncer's last words
HUNG_UP: t.Mapping[str, str] = {
    "postgresql": "it hangs up at once, as a PgBouncer that pools statements does at the first transaction: "
    "give the address of PostgreSQL itself, or of another pool"
}

# where Python's ssl module speaks
_PYTHON_TLS: Texts = (
    (r"Hostname mismatch|IP address mismatch|doesn't match", _OTHER_NAME),
    (r"certificate has expired|certificate is not yet valid", _OLD_CERTIFICATE),
    (r"CERTIFICATE_VERIFY_FAILED", _CERTIFICATE),
    (r"\[SSL", _HANDSHAKE),
)
NETWORK: Texts = (
    (r"could not translate host name|Name or service not known|nodename nor servname|name resolution", _NO_NAME),
    (r"Connection refused|No such file or directory", _NOBODY),
    (r"timeout expired|timed out", NO_ANSWER),
)

_POSTGRESQL_CODES: Codes = {
    "55P03": CONTENDED,
    "40P01": CONTENDED,
    "40001": CHANGED,
    "42501": RIGHTS,
    "25006": _READ_ONLY,
    "53100": _FULL,
    "53300": NONE_LEFT,
    "57P01": LOST,
    "57P02": LOST,
    "57P03": _STARTING,
    "57014": "it cancelled the statement",
    "23505": _TWICE,
    "23503": _GONE,
    "28P01": _REFUSED,
    "28000": _REFUSED,
    "3D000": _NO_DATABASE,
    "42P01": _NO_TABLE,
    "22021": _CHARACTERS,
    "22P05": _CHARACTERS,
}
# without a connection libpq has no code; PgBouncer has 08P01 for everything
_POSTGRESQL_TEXTS: Texts = (
    (r"cannot set transaction read-write mode during recovery", _READ_ONLY),
    (r"Transaction blocks not allowed in statement pooling mode", _STATEMENT_POOL),
    (r"server login (?:has been )?fail|client_login_timeout", _POOLER),
    (r"no such database", _NO_DATABASE),
    (r"requirement .*failed: server requested a cleartext password", CLEAR_TEXT),
    (r"root certificate file|could not read root certificate", NO_AUTHORITY),
    (r"does not match host name", _OTHER_NAME),
    (r"certificate has expired|certificate is not yet valid", _OLD_CERTIFICATE),
    (r"requires a valid client certificate|certificate authentication failed|certificate required", _WANTS_CERTIFICATE),
    (r"certificate", _CERTIFICATE),
    (r"server does not support SSL", _NO_TLS_FOR_LIBPQ),
    (r"no password supplied", "it wants a password"),
    # with TLS as well it would have been tried, and refused in a line of its own
    (r"(?s)\A(?!.*(?:SSL encryption|SSL on)).*no pg_hba\.conf entry.*(?:no encryption|SSL off)", _NO_LINE_WITHOUT_TLS),
    (r"no pg_hba\.conf entry", _NO_LINE),
    (r"pg_hba\.conf rejects", "its pg_hba.conf rejects this account, this database or this host"),
    (r"(?:Peer|Ident) authentication failed", _PEER),
    (r"is not permitted to log in", _NO_LOGIN),
    (r"too many connections for role", NONE_LEFT_FOR_IT),
    (r"too many clients|too many connections|no more connections allowed|connection slots are reserved", NONE_LEFT),
    (r"permission denied for database", "the account may not connect to that database (CONNECT)"),
    (r"database \".*\" does not exist", _NO_DATABASE),
    (r"role \".*\" does not exist|no such user", _NO_ACCOUNT),
    (r"not currently accepting connections", "that database accepts no connections"),
    (r"(?:password|SASL|LDAP|PAM|RADIUS|MD5|SCRAM)\S* authentication failed|auth failed|wrong password", _REFUSED),
    (r"query_wait_timeout", NO_ANSWER),
    (r"the database system is|pgbouncer is shutting down", _STARTING),
    (r"server closed the connection|terminating connection|connection already closed", LOST),
    # psycopg2, when the server goes away in the middle of a COPY
    (r"no message from the libpq|SSL connection has been closed|SSL SYSCALL error|server conn crashed", LOST),
    (r"connection to server at .*SSL error", _HANDSHAKE),
    (r"SSL error|could not (?:receive data from|send data to) server", LOST),
    *NETWORK,
)

_MYSQL_CODES: Codes = {
    "1205": CONTENDED,
    "1213": CONTENDED,
    "1020": CONTENDED,
    "1412": CONTENDED,
    # in a cluster: another node was faster, or the transaction could not be agreed on
    "1180": CONTENDED,
    "3101": CONTENDED,
    "1044": "the account may not use that database",
    # also of an account with REQUIRE SSL or X509, and on MariaDB of a server that wants TLS from everybody
    "1045": _REFUSED_OR_TLS,
    "1698": _PEER,
    "1049": _NO_DATABASE,
    "1146": _NO_TABLE,
    "1142": RIGHTS,
    "1143": RIGHTS,
    "1227": RIGHTS,
    "1290": _READ_ONLY,
    "1836": _READ_ONLY,
    "1792": _READ_ONLY,
    "3032": "it is in offline mode",
    "3989": "that database is read-only (READ ONLY)",
    "1021": _FULL,
    "1040": NONE_LEFT,
    "1203": NONE_LEFT_FOR_IT,
    "1226": NONE_LEFT_FOR_IT,
    "1062": _TWICE,
    "1452": _GONE,
    "1047": "its Galera node is not part of the cluster",
    "1053": _STARTING,
    "1129": "it has blocked this host after too many errors (FLUSH HOSTS there lets it in again)",
    "1130": "it lets no account in from this host",
    "1251": "its kind of account is not known to the driver",
    "1366": _CHARACTERS,
    "1524": "its kind of account is not known to the server any more",
    "1820": _EXPIRED,
    "1862": _EXPIRED,
    "2059": "its kind of account is not known to the driver",
    "3118": _NO_LOGIN,
    "4151": _NO_LOGIN,
    "3159": _WANTS_TLS,
    "2002": NO_ANSWER,
    "2003": NO_ANSWER,
    "2006": LOST,
    "2013": LOST,
    "2026": NO_TLS,
    "2068": "it asks for a file of this machine, which nobody offered: nothing was sent",
}
_MYSQL_TEXTS: Texts = (*_PYTHON_TLS, *NETWORK)

_SQLITE_TEXTS: Texts = (
    (r"database (?:table )?is locked", CONTENDED),
    (r"unable to open database file", "the file, or its folder, cannot be opened"),
    (r"file is not a database", "the file is no SQLite database"),
    (r"database disk image is malformed", "the file is damaged"),
    (r"database or disk is full", _FULL),
    (r"attempt to write a readonly database", "the file, or its folder, is read-only for this account"),
    (r"disk I/O error", "the file cannot be read or written"),
    (r"UNIQUE constraint failed", _TWICE),
    (r"Could not decode to UTF-8", "a value is no UTF-8 text"),
)

_SQLSERVER_CODES: Codes = {
    "229": RIGHTS,
    "334": "the table has a trigger (made after the look, or hidden from the account), so that rows cannot leave it by OUTPUT",
    "544": "its keys are given by the server, and IDENTITY_INSERT is not on: the account needs ALTER on the table to put rows back",
    "1088": "the account needs ALTER on the table to give keys by hand (IDENTITY_INSERT)",
    "8107": "IDENTITY_INSERT is on for another table of this session",
    "1205": CONTENDED,
    "1222": CONTENDED,
    "2627": _TWICE,
    "208": _NO_TABLE,
    "3906": _READ_ONLY,
    "4060": _NO_DATABASE,
    "9002": "the log of that database is full",
    "18456": _REFUSED,
    "18486": _NO_LOGIN,
    "18487": _EXPIRED,
    "18488": _EXPIRED,
    "20002": NO_ANSWER,
    "20009": NO_ANSWER,
    "20003": LOST,
    "20004": LOST,
    "20006": LOST,
    "20017": LOST,
    "20047": LOST,
}
_SQLSERVER_TEXTS: Texts = ((r"Lock request time out period exceeded", CONTENDED), (r"Login failed", _REFUSED), *NETWORK)

_ORACLE_CODES: Codes = {
    "ORA-00001": _TWICE,
    "ORA-00054": CONTENDED,
    "ORA-00060": CONTENDED,
    "ORA-00942": _NO_TABLE,
    "ORA-01017": _REFUSED,
    "ORA-01031": RIGHTS,
    "ORA-01653": _FULL,
    "ORA-03113": LOST,
    "ORA-03114": LOST,
    "ORA-12514": _NO_DATABASE,
    "ORA-12505": _NO_DATABASE,
    "ORA-16000": _READ_ONLY,
    "ORA-28000": _NO_LOGIN,
    "ORA-28001": _EXPIRED,
    "ORA-41900": RIGHTS,
    "DPY-1001": LOST,
    "DPY-4011": LOST,
    "DPY-6001": _NO_DATABASE,
    "DPY-6003": _NO_DATABASE,
    "DPY-6005": NO_ANSWER,
}
# a driver that gives no code writes it at the beginning of its text
_ORACLE_TEXTS: Texts = (*((rf"\b{code}\b", meant) for code, meant in _ORACLE_CODES.items()), *NETWORK)

# 1.8 has numbers of its own
_HSQLDB_CODES: Codes = {
    "-33": _REFUSED,
    "-37": _NO_ACCOUNT,
    "-4000": _REFUSED,
    "-4001": _NO_ACCOUNT,
    "-451": "another process has its files open: stop the product",
    "-29": "its files cannot be read or written (a full disk?)",
    "-452": "its files cannot be read or written (a full disk?)",
    "-22": _NO_TABLE,
    "-5501": _NO_TABLE,
    "-104": _TWICE,
}

WORDS: t.Mapping[str, tuple[Codes, Texts]] = {
    "postgresql": (_POSTGRESQL_CODES, _POSTGRESQL_TEXTS),
    "mysql": (_MYSQL_CODES, _MYSQL_TEXTS),
    "mariadb": (_MYSQL_CODES, _MYSQL_TEXTS),
    "sqlite": ({}, _SQLITE_TEXTS),
    "sqlserver": (_SQLSERVER_CODES, _SQLSERVER_TEXTS),
    "oracle": (_ORACLE_CODES, _ORACLE_TEXTS),
    "hsqldb": (_HSQLDB_CODES, ()),
}
# codes of a connection that did not come to be: their text tells more
VAGUE = ("2002", "2003", "2026", "20002", "20009", "08P01", "08006", "08001", "DPY-6005")
