# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd: two tables of tokens, one of them with those of applications, too; a Tomcat in a folder of its own.

The tables are those of a published dump; the address of the form, the page that names the user and how JSON answers are recalled.
"""

from __future__ import annotations

from dataclasses import replace

from demo.imitated.common import old_sign_in
from demo.products import Cookies, Line, Pages, Service, SignInForm, StandInProduct, Table

_PAGES = Pages(
    login="/console/login.action",
    sign_in="/console/j_security_check",
    sign_out="/console/logoff.action",
    home="/console/secure/console.action",
    sign_in_json="/console/login.action",
    form_mark="j_username",
    admin_calls="/rest/admin/1.0",
)


def _tokens(timestamp: str) -> tuple[str, ...]:
    columns = (
        "id bigint PRIMARY KEY",
        "directory_id bigint NOT NULL",
        "entity_name varchar(255) NOT NULL",
        "random_number bigint NOT NULL",
        "identifier_hash varchar(255) NOT NULL UNIQUE",
        "random_hash varchar(255) NOT NULL UNIQUE",
        f"created_date {timestamp} NOT NULL",
        f"last_accessed_date {timestamp} NOT NULL",
        "last_accessed_time bigint DEFAULT 0 NOT NULL",
        "duration bigint",
    )
    return (f"CREATE TABLE cwd_token ({', '.join(columns)})", "CREATE INDEX idx_token_dir_id ON cwd_token (directory_id)")


def _remember_me(timestamp: str) -> tuple[str, ...]:
    columns = (
        "id bigint PRIMARY KEY",
        "username varchar(255) NOT NULL",
        "remote_address varchar(255)",
        "token varchar(64) NOT NULL",
        "series varchar(64) NOT NULL",
        f"created_date {timestamp} NOT NULL",
        f"used_date {timestamp}",
        "directory_id bigint NOT NULL",
    )
    return (f"CREATE TABLE cwd_remember_me_token ({', '.join(columns)})",)


_TIMESTAMPS = {"sqlite": "timestamp", "postgresql": "timestamp without time zone", "mariadb": "datetime(6)"}


def _application(number: int, name: str) -> str:
    moment = "'2026-01-02 03:04:05'"
    values = f"{number}, -1, '{name}', {number}, 'identifier-{name}', 'random-{name}', {moment}, {moment}, 0"
    columns = (
        "id, directory_id, entity_name, random_number, identifier_hash, random_hash, created_date, last_accessed_date, last_accessed_time"
    )
    return f"INSERT INTO cwd_token ({columns}) VALUES ({values})"  # noqa: S608  values of this file


CROWD = StandInProduct(
    name="crowd",
    title="Crowd",
    line="7.0",
    version="7.0.1",
    manifest_type="crowd",
    pages=_PAGES,
    form=SignInForm("j_username", "j_password", "", ""),
    cookies=Cookies(
        session="JSESSIONID",
        remember_me="crowd.token_key",
        remember_me_seconds=24 * 3600,
        value_format="token",
        # who signs in gets the cookie of single sign-on
        always_remembers=True,
    ),
    tokens=Table(
        name="cwd_token",
        columns={
            "id": "id",
            "directory_id": "directory",
            "entity_name": "owner",
            "random_number": "now_ms",
            "identifier_hash": "series",
            "random_hash": "token",
            "created_date": "now",
            "last_accessed_date": "now",
            "last_accessed_time": "now_ms",
            "duration": "nothing",
        },
        create={engine: _tokens(timestamp) for engine, timestamp in _TIMESTAMPS.items()},
        users="directory_id <> -1",
    ),
    more_tokens=(
        Table(
            name="cwd_remember_me_token",
            columns={
                "id": "id",
                "username": "owner",
                "remote_address": "nothing",
                "token": "token",
                "series": "series",
                "created_date": "now",
                "used_date": "nothing",
                "directory_id": "directory",
            },
            create={engine: _remember_me(timestamp) for engine, timestamp in _TIMESTAMPS.items()},
        ),
    ),
    also=(
        "CREATE TABLE cwd_property (property_key varchar(255) NOT NULL, property_name varchar(255) NOT NULL, property_value text)",
        "INSERT INTO cwd_property VALUES ('crowd', 'database.token.storage.enabled', 'true')",
        *(_application(number, name) for number, name in enumerate(("crowd", "jira", "wiki"), 1)),
    ),
    service=Service(
        start=("start_crowd.sh",),
        stop=("stop_crowd.sh",),
        install_mark="-Dcatalina.base={}/apache-tomcat",
        home_mark="-Dcrowd.home={}",
        log="{install}/apache-tomcat/logs/catalina.out",
        pid_file="{install}/apache-tomcat/work/catalina.pid",
    ),
    templates=("tomcat", "crowd"),
    webapp="../crowd-webapp",
    behaviour_file="{install}/apache-tomcat/conf/context.xml",
    persisted_sessions="apache-tomcat/work/Catalina/localhost/crowd/SESSIONS.ser",
    tomcat="/apache-tomcat",
    older=(Line("6.3", "6.3.2", {}), Line("5.2", "5.2.4", old_sign_in(replace(_PAGES, admin_calls="")))),
)
