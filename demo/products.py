# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in imitates of each product, as data. Written from documented behaviour, not from any vendor code.

A further product is one more instance here and one more folder in ``files/``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StandInProduct:
    """One product's outside: pages, cookies, token table, files. Paths are below the context path, or below the install folder.

    ``insert_token`` takes id, token, user; ``find_token`` and ``delete_token`` take id, token (``?`` for values).
    """

    name: str
    version: str
    manifest_type: str
    status_path: str
    sign_in_path: str
    sign_in_json_path: str
    sign_out_path: str
    whoami_path: str
    myself_path: str
    home_page: str
    username_field: str
    password_field: str
    remember_me_field: str
    session_cookie: str
    remember_me_cookie: str
    remember_me_seconds: int
    table: str
    create_table: dict[str, tuple[str, ...]]
    insert_token: str
    find_token: str
    delete_token: str
    start_script: str
    stop_script: str
    install_argument: str
    home_argument: str
    session_manager_file: str
    persisted_sessions: str


JIRA = StandInProduct(
    name="jira",
    version="9.12.2",
    manifest_type="jira",
    status_path="/status",
    sign_in_path="/login.jsp",
    sign_in_json_path="/rest/tsv/1.0/authenticate",
    sign_out_path="/logout",
    whoami_path="/plugins/servlet/applinks/whoami",
    myself_path="/rest/api/2/myself",
    home_page="/secure/Dashboard.jspa",
    username_field="os_username",
    password_field="os_password",
    remember_me_field="os_cookie",
    session_cookie="JSESSIONID",
    remember_me_cookie="seraph.rememberme.cookie",
    remember_me_seconds=14 * 24 * 3600,
    table="remembermetoken",
    create_table={
        "sqlite": (
            "CREATE TABLE remembermetoken (id NUMERIC(18,0) PRIMARY KEY, created TIMESTAMP, token VARCHAR(255), username VARCHAR(255))",
            "CREATE INDEX remembermetoken_username_index ON remembermetoken (username)",
        ),
        "postgresql": (
            "CREATE TABLE remembermetoken (id numeric(18,0) PRIMARY KEY, created timestamptz, token varchar(255), username varchar(255))",
            "CREATE INDEX remembermetoken_username_index ON remembermetoken (username)",
        ),
    },
    insert_token="INSERT INTO remembermetoken (id, created, token, username) VALUES (?, CURRENT_TIMESTAMP, ?, ?)",
    find_token="SELECT username FROM remembermetoken WHERE id = ? AND token = ?",
    delete_token="DELETE FROM remembermetoken WHERE id = ? AND token = ?",
    start_script="bin/start-jira.sh",
    stop_script="bin/stop-jira.sh",
    install_argument="-Dcatalina.base=",
    home_argument="-Djira.home=",
    session_manager_file="conf/context.xml",
    persisted_sessions="work/Catalina/localhost/ROOT/SESSIONS.ser",
)

PRODUCTS = {product.name: product for product in (JIRA,)}
