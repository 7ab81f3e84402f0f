# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers' errors in words of our own."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import (
    Changed,
    Contended,
    NoneLeft,
    Unsafe,
    code_of,
    meaning,
    meaning_at_the_start,
    meaning_beside_the_driver,
    package_missing,
    sentence,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.error_words import (
    CHANGED,
    CLEAR_TEXT,
    NONE_LEFT,
    NONE_LEFT_FOR_IT,
)

SECRET = "sw0rdfish"
PG, MY, MS, ORA = "postgresql", "mysql", "sqlserver", "oracle"
AT = 'connection to server at "127.0.0.1", port 5432 failed: '
NO_SERVER = "Can't connect to MySQL server on 'db'"
NO_DATABASE = "it has no database of that name"
REFUSED = "it refuses the user name or the password"
LOCKED = "others hold a lock on the table"
NO_LINE = "its pg_hba.conf has no line that lets this account into this database from here"
NO_LINE_WITHOUT_TLS = f"{NO_LINE} without TLS: try database_ssl_mode require"
NOT_FOR_LOGIN = "the account may not sign in there"


@pytest.mark.parametrize(
    ("engine", "code", "text", "meant"),
    [
        (PG, "42501", "permission denied", "the account lacks a right"),
        (PG, "55P03", "", LOCKED),
        (PG, "42P01", f'relation "{SECRET}" does not exist', "it has no table of that name"),
        (PG, "42883", f"function {SECRET}() does not exist", "it answered with error 42883"),
        (PG, "23505", f"Key (token)=({SECRET}) already exists", "a row with the same key or token is there already"),
        (PG, "22P02", f"invalid input syntax: {SECRET}", "it answered with error 22P02"),
        (PG, "22021", f"invalid byte sequence {SECRET}", "a value cannot be written in its character set"),
        (PG, "", f'{AT}FATAL:  password authentication failed for user "{SECRET}"', REFUSED),
        (PG, "", f'{AT}FATAL:  database "{SECRET}" does not exist', NO_DATABASE),
        (PG, "", f'{AT}FATAL:  role "{SECRET}" does not exist', "it has no account of that name"),
        (PG, "", f'{AT}root certificate file "/{SECRET}" does not exist', "the file of the TLS authorities"),
        (PG, "", f"{AT}SSL error: certificate verify failed", "its TLS certificate is not accepted"),
        (PG, "", f'server certificate for "x" does not match host name "{SECRET}"', "its TLS certificate is for another host name"),
        (PG, "", f"{AT}SSL error: certificate has expired", "its TLS certificate has expired"),
        (PG, "", f"{AT}server does not support SSL, but SSL was required", "it does not offer TLS"),
        (PG, "", f'{AT}FATAL:  no pg_hba.conf entry for host "::1", user "{SECRET}", database "x", SSL off', NO_LINE_WITHOUT_TLS),
        (PG, "", f'{AT}FATAL:  no pg_hba.conf entry for host "::1", user "{SECRET}", database "x", no encryption', NO_LINE_WITHOUT_TLS),
        (
            PG,
            "",
            f'{AT}FATAL:  no pg_hba.conf entry for host "::1", SSL encryption\n{AT}FATAL:  no pg_hba.conf entry for "::1", no encryption',
            f"{NO_LINE}: have one added, or take the product's own account",
        ),
        (PG, "", f'{AT}FATAL:  pg_hba.conf rejects connection for host "::1", user "{SECRET}"', "its pg_hba.conf rejects"),
        (PG, "", f'{AT}FATAL:  Peer authentication failed for user "{SECRET}"', "it lets in only the operating system's account"),
        (PG, "", f'{AT}FATAL:  role "{SECRET}" is not permitted to log in', NOT_FOR_LOGIN),
        (PG, "", f'{AT}FATAL:  too many connections for role "{SECRET}"', "the account has no connection left"),
        (PG, "", f"{AT}FATAL:  sorry, too many clients already", "it has no connection left"),
        (PG, "", f'{AT}FATAL:  permission denied for database "{SECRET}"', "the account may not connect to that database (CONNECT)"),
        (PG, "", f"{AT}FATAL:  connection requires a valid client certificate", "it wants a certificate of the client"),
        (PG, "", f'{AT}authentication method requirement "!password" failed: server requested a cleartext password', CLEAR_TEXT),
        (PG, "", f"{AT}FATAL:  SASL authentication failed", REFUSED),
        (PG, "", f"{AT}FATAL:  no such database: {SECRET}", NO_DATABASE),
        (
            PG,
            "",
            f"{AT}FATAL:  server login has been failing, try again later (server_login_retry)",
            "its PgBouncer has just failed to sign in",
        ),
        (PG, "08P01", "Transaction blocks not allowed in statement pooling mode", "its PgBouncer pools statements"),
        (PG, "0A000", "cannot set transaction read-write mode during recovery", "it is read-only (a standby?)"),
        (PG, "", f"something in another language {SECRET}", "it answered with an error that this collection does not know"),
        (MY, "1205", "Lock wait timeout exceeded", LOCKED),
        (MY, "1412", "Table definition has changed, please retry transaction", LOCKED),
        (MY, "1045", f"Access denied for user 'x' (using password: {SECRET})", f"{REFUSED}, or wants TLS from this account"),
        (MY, "1862", "Your password has expired.", "the account's password has expired"),
        (MY, "3118", f"Access denied for user '{SECRET}'. Account is locked.", NOT_FOR_LOGIN),
        (MY, "4151", f"Access denied, this account is locked {SECRET}", NOT_FOR_LOGIN),
        (
            MY,
            "3159",
            "Connections using insecure transport are prohibited",
            "it wants TLS from this account: give database_ssl_mode require",
        ),
        (MY, "2003", f"{NO_SERVER} ([Errno 111] Connection refused)", "nobody listens there"),
        (MY, "2003", f"{NO_SERVER} (timed out)", "it does not answer"),
        (MY, "2003", f"{NO_SERVER} ([Errno -2] Name or service not known)", "its host name is not known here"),
        (MY, "2003", f"{NO_SERVER} ([SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate)", "its TLS certificate is not accepted"),
        (MY, "2003", f"{NO_SERVER} (CERTIFICATE_VERIFY_FAILED: Hostname mismatch, ..)", "its TLS certificate is for another host name"),
        (MY, "2003", f"{NO_SERVER} ([SSL: WRONG_VERSION_NUMBER] wrong version number)", "TLS cannot be agreed on with it"),
        (MY, "2013", "Lost connection to MySQL server during query (timed out)", "the connection was lost"),
        (MY, "2006", "MySQL server has gone away ([SSL] record layer failure)", "the connection was lost"),
        (PG, "", "could not receive data from server: Connection timed out", "the connection was lost"),
        (PG, "", "SSL error: unexpected eof while reading", "the connection was lost"),
        (PG, "", f"{AT}SSL error: unsupported protocol", "TLS cannot be agreed on with it"),
        # the numbers of one engine are not those of another
        (MS, "20003", "", "the connection was lost"),
        (MS, "20006", "", "the connection was lost"),
        (ORA, "ORA-03113", "", "the connection was lost"),
        (PG, "40001", "could not serialize access due to concurrent update", "others have changed a row of it meanwhile"),
        (PG, "23503", "", "a row points at one of another table that is not there any more"),
        (MY, "1452", "", "a row points at one of another table that is not there any more"),
        (MS, "1040", "", "it answered with error 1040"),
        (PG, "1045", "", "it answered with error 1045"),
        (MS, "229", f"The DELETE permission was denied on {SECRET}", "the account lacks a right"),
        (MS, "334", f"The target table '{SECRET}' of the DML statement cannot have any enabled triggers", "the table has a trigger"),
        (MS, "544", f"Cannot insert explicit value for identity column in table '{SECRET}'", "its keys are given by the server"),
        (MS, "1088", f'Cannot find the object "{SECRET}"', "the account needs ALTER on the table"),
        (MS, "8107", f"IDENTITY_INSERT is already ON for table '{SECRET}'", "IDENTITY_INSERT is on for another table"),
        (MS, "18456", f"Login failed for user '{SECRET}'", REFUSED),
        (MS, "4060", f'Cannot open database "{SECRET}"', NO_DATABASE),
        (MS, "3906", "", "it is read-only"),
        (MS, "9002", "", "the log of that database is full"),
        (MS, "20047", "DBPROCESS is dead", "the connection was lost"),
        (MS, "20004", "Read from the server failed", "the connection was lost"),
        (MS, "20017", "Unexpected EOF from the server", "the connection was lost"),
        (MS, "1222", "Lock request time out period exceeded.", LOCKED),
        (ORA, "ORA-01031", "insufficient privileges", "the account lacks a right"),
        (ORA, "ORA-41900", f"missing DELETE privilege on {SECRET}", "the account lacks a right"),
        (ORA, "", "ORA-00060: deadlock detected", LOCKED),
        (ORA, "ORA-16000", "", "it is read-only"),
        (ORA, "ORA-01653", "", "its disk is full"),
        (ORA, "ORA-28000", "", NOT_FOR_LOGIN),
        (ORA, "ORA-28001", "", "the account's password has expired"),
        (ORA, "DPY-4011", "the database or network closed the connection", "the connection was lost"),
        ("sqlite", "", "database is locked", LOCKED),
        ("db2", "", SECRET, "it answered with an error that this collection does not know"),
    ],
)
def test_says_what_it_means_and_repeats_nothing(engine: str, code: str, text: str, meant: str) -> None:
    said = meaning(engine, code, text)
    assert said.startswith(meant)
    assert SECRET not in str(sentence("the database x", "do it", said))


class _Psycopg(Exception):
    pgcode = "42501"


class _Mssql(Exception):
    """Of no kind that pymssql would have as its own."""


class _OracleDetail:
    full_code = "ORA-01017"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_Psycopg("permission denied"), "42501"),
        (Exception(1045, "Access denied"), "1045"),
        (Exception((18456, b"Login failed")), "18456"),
        (Exception(_OracleDetail()), "ORA-01017"),
        (Exception(()), ""),
        (Exception("words"), ""),
        (Exception(), ""),
    ],
)
def test_every_driver_keeps_its_code_elsewhere(error: Exception, code: str) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (BrokenPipeError(32, SECRET), "the connection was lost"),
        (TimeoutError(SECRET), "the connection was lost"),
        (_Mssql((20047, SECRET)), "the connection was lost"),
        (_Mssql((99999, SECRET)), "the driver failed with _Mssql"),
        (UnicodeEncodeError("latin-1", SECRET, 0, 1, SECRET), "account, password or name of the database have a character"),
        (ValueError(f"A string literal cannot contain NUL (0x00) characters: {SECRET}"), "account, password or name of the database have"),
        (KeyError(SECRET), "the driver failed with KeyError"),
        (Unsafe(CLEAR_TEXT), CLEAR_TEXT),
    ],
)
def test_what_is_no_error_of_the_driver_keeps_nothing_of_its_text(error: Exception, meant: str) -> None:
    said = meaning_beside_the_driver(MS, error)
    assert said.startswith(meant)
    assert SECRET not in said


def test_of_an_engine_whose_driver_has_no_words_the_kind_of_error_is_told() -> None:
    assert meaning_beside_the_driver("h2", KeyError(SECRET)) == "the driver failed with KeyError, which this collection does not know"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[Errno -2] Name or service not known", "its host name is not known here"),
        ("[Errno 111] Connection refused", "nobody listens there"),
        ("timed out", "it does not answer"),
        ("[Errno 104] Connection reset by peer", "the connection was lost"),
    ],
)
def test_a_link_that_ends_at_the_start_has_other_reasons(text: str, meant: str) -> None:
    assert meaning_at_the_start(ORA, "the connection was lost", text) == meant
    assert meaning_at_the_start(ORA, "its disk is full", text) == "its disk is full"


def test_a_postgresql_that_hangs_up_at_the_start_may_be_a_pool_of_statements() -> None:
    assert meaning_at_the_start(PG, "the connection was lost", "").startswith("it hangs up at once, as a PgBouncer that pools statements")


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("'cryptography' package is required for sha256_password or caching_sha2_password auth methods", "cryptography"),
        ("'pynacl' package is required for ed25519_password auth method", "PyNaCl"),
    ],
)
def test_a_package_that_the_driver_misses_late_is_named(text: str, package: str) -> None:
    assert package_missing(text)[0] == package


def test_of_anything_else_no_package_is_named() -> None:
    assert package_missing("anything else") == ("", "")


def test_only_locks_are_worth_another_try() -> None:
    assert isinstance(sentence("the database x", "do it", "others hold a lock on the table"), Contended)
    changed = sentence("the database x", "do it", CHANGED)
    assert (type(changed), str(changed)) == (Changed, f"The database x: cannot do it: {CHANGED}. Try again.")
    for meant in (NONE_LEFT, NONE_LEFT_FOR_IT):
        full = sentence("the database x", "do it", meant)
        assert (type(full), str(full)) == (NoneLeft, f"The database x: cannot do it: {meant}.")
    assert not isinstance(sentence("the database x", "do it", "its disk is full"), (Contended, NoneLeft))


def test_a_sentence_begins_with_where() -> None:
    assert str(sentence("the SQLite database /x", "do it", "why")) == "The SQLite database /x: cannot do it: why."
