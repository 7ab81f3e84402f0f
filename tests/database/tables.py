# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token tables of the tests, and rows that are hard to copy. Written from documented column sets."""

from __future__ import annotations

JIRA = {
    "mariadb": "CREATE TABLE remembermetoken ("
    "ID decimal(18,0) PRIMARY KEY, CREATED datetime(3), TOKEN varchar(255), USERNAME varchar(255))",
    "sqlite": "CREATE TABLE remembermetoken (id NUMERIC(18,0) PRIMARY KEY, created TIMESTAMP, token VARCHAR(255), username VARCHAR(255))",
    "postgresql": "CREATE TABLE remembermetoken ("
    "id numeric(18,0) PRIMARY KEY, created timestamptz, token varchar(255), username varchar(255))",
}
BITBUCKET = {
    "mariadb": "CREATE TABLE sta_remember_me_token ("
    "id bigint PRIMARY KEY, series varchar(64), token varchar(64), user_id int, "
    "expiry_timestamp datetime(6), claimed bit(1), claimed_address varchar(255), UNIQUE (series, token))",
    "sqlite": "CREATE TABLE sta_remember_me_token ("
    "id BIGINT PRIMARY KEY, series VARCHAR(64), token VARCHAR(64), user_id INTEGER, "
    "expiry_timestamp TIMESTAMP, claimed BOOLEAN, claimed_address VARCHAR(255))",
    "postgresql": "CREATE TABLE sta_remember_me_token ("
    "id bigint PRIMARY KEY, series varchar(64), token varchar(64), user_id integer, "
    "expiry_timestamp timestamptz, claimed boolean, claimed_address varchar(255), UNIQUE (series, token))",
}
CONFLUENCE = {
    "mariadb": "CREATE TABLE remembermetoken (id bigint PRIMARY KEY, username varchar(255), created bigint, token varchar(255))",
    "sqlite": "CREATE TABLE remembermetoken (id BIGINT PRIMARY KEY, username VARCHAR(255), created BIGINT, token VARCHAR(255))",
    "postgresql": "CREATE TABLE remembermetoken (id bigint PRIMARY KEY, username varchar(255), created bigint, token varchar(255))",
}
SYMFONY = {
    "sqlite": "CREATE TABLE rememberme_token ("
    "series VARCHAR(88) PRIMARY KEY, value VARCHAR(88), lastUsed TIMESTAMP, class VARCHAR(100), username VARCHAR(200))",
    "postgresql": "CREATE TABLE rememberme_token ("
    "series varchar(88) PRIMARY KEY, value varchar(88), lastused timestamp, class varchar(100), username varchar(200))",
}

# id, created, token, username
HARD_ROWS: tuple[tuple[object, ...], ...] = (
    (1, "2026-01-02 03:04:05", "0" * 40, "plain"),
    (2, None, None, None),
    (3, "2026-01-02 03:04:05.678", "", "empty token"),
    (4, "1999-12-31 23:59:59", "tab\there", "line\nfeed"),
    (5, "2026-01-02 03:04:05", "back\\slash", "\\."),
    (6, "2026-01-02 03:04:05", "\\N", "carriage\rreturn"),
    (7, "2026-01-02 03:04:05", "ünï→😀", "日本語 \x1f \x7f \x0b \x0c \x08"),
    (999_999_999_999_999_999, "2026-01-02 03:04:05", " blanks ", 'it\'s "quoted" %s %%'),
)
