# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jira: the token table names the user key, which is not the login name."""

from __future__ import annotations

from dataclasses import replace

from demo.imitated.common import CONTEXT_XML, SERAPH_FORM, SERAPH_REASON, SESSIONS_SER, SIGN_IN_JSON, old_sign_in, seraph_cookies, tomcat
from demo.products import Line, Pages, StandInProduct, Table, UserList, Users

_INDEX = "CREATE INDEX remembermetoken_username_index ON remembermetoken (username)"

_PAGES = Pages(
    login="/login.jsp",
    sign_in="/login.jsp",
    sign_out="/logout",
    home="/secure/Dashboard.jspa",
    sign_in_json=SIGN_IN_JSON,
    form_mark="login-form-remember-me",
    myself="/rest/api/2/myself",
    reason_header=SERAPH_REASON,
    clear_all="/secure/admin",
    end_sessions="/rest/api/2/user/session/",
    permissions="/rest/api/2/mypermissions",
    users=UserList("/rest/api/2/user/list", items="values", start="cursor", size="maxResults", next="nextCursor", last="isLast"),
)
_OLD = replace(_PAGES, users=None)

JIRA = StandInProduct(
    name="jira",
    title="Jira",
    line="11.3",
    version="11.3.0",
    manifest_type="jira",
    pages=_PAGES,
    form=SERAPH_FORM,
    cookies=seraph_cookies("seraph.rememberme.cookie"),
    tokens=Table(
        name="remembermetoken",
        columns={"id": "id", "created": "now", "token": "token", "username": "owner"},
        create={
            "sqlite": (
                "CREATE TABLE remembermetoken (id NUMERIC(18,0) PRIMARY KEY, created TIMESTAMP, token VARCHAR(255), username VARCHAR(255))",
                _INDEX,
            ),
            "postgresql": (
                "CREATE TABLE remembermetoken (id numeric(18) PRIMARY KEY, created timestamptz, token varchar(255), username varchar(255))",
                _INDEX,
            ),
            "mariadb": (
                "CREATE TABLE remembermetoken (ID decimal(18,0) PRIMARY KEY, CREATED datetime, TOKEN varchar(255), USERNAME varchar(255))",
                _INDEX,
            ),
        },
    ),
    users=Users(
        tables=(
            Table(
                name="app_user",
                columns={"id": "number", "user_key": "key", "lower_user_name": "login"},
                create={
                    "sqlite": (
                        "CREATE TABLE app_user (id NUMERIC(18,0) PRIMARY KEY, user_key VARCHAR(255), lower_user_name VARCHAR(255))",
                    ),
                    "postgresql": (
                        "CREATE TABLE app_user (id numeric(18,0) PRIMARY KEY, user_key varchar(255), lower_user_name varchar(255))",
                    ),
                    "mariadb": (
                        "CREATE TABLE app_user (ID decimal(18,0) PRIMARY KEY, user_key varchar(255), lower_user_name varchar(255))",
                    ),
                },
            ),
        ),
        name="app_user",
        key="user_key",
        login="lower_user_name",
    ),
    members=(
        Table.alike(
            "clusternode",
            {"node_id": "node", "node_state": "active", "timestamp": "now_ms"},
            "node_id varchar(60) PRIMARY KEY",
            "node_state varchar(60)",
            "timestamp bigint",
        ),
        Table.alike(
            "clusternodeheartbeat",
            {"node_id": "node", "heartbeat_time": "now_ms", "database_time": "now_ms"},
            "node_id varchar(60) PRIMARY KEY",
            "heartbeat_time bigint",
            "database_time bigint",
        ),
    ),
    service=tomcat("jira"),
    templates=("tomcat", "jira"),
    webapp="atlassian-jira",
    behaviour_file=CONTEXT_XML,
    persisted_sessions=SESSIONS_SER,
    older=(Line("10.3", "10.3.2", {"pages": _OLD}), Line("9.12", "9.12.2", old_sign_in(_OLD))),
)
