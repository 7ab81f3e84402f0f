# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitbucket: tokens of a series, replaced at each use; no Tomcat of its own, no saved sessions."""

from __future__ import annotations

from demo.imitated.common import SIGN_IN_JSON, old_sign_in
from demo.products import Cookies, Line, Members, Pages, Service, SignInForm, StandInProduct, Table, Users


def _create(timestamp: str) -> tuple[str, ...]:
    columns = (
        "id bigint PRIMARY KEY",
        "series varchar(64) NOT NULL",
        "token varchar(64) NOT NULL",
        "user_id integer NOT NULL REFERENCES stash_user (id) ON DELETE CASCADE",
        f"expiry_timestamp {timestamp} NOT NULL",
        "claimed boolean NOT NULL",
        "claimed_address varchar(255)",
        "UNIQUE (series, token)",
    )
    return (f"CREATE TABLE sta_remember_me_token ({', '.join(columns)})",)


def _tokens(on_postgresql: str) -> Table:
    return Table(
        name="sta_remember_me_token",
        columns={
            "id": "id",
            "series": "series",
            "token": "token",
            "user_id": "owner",
            "expiry_timestamp": "expiry",
            "claimed": "no",
            "claimed_address": "nothing",
        },
        create={"sqlite": _create("timestamp"), "postgresql": _create(on_postgresql), "mariadb": _create("datetime(6)")},
    )


_PAGES = Pages(
    login="/login",
    sign_in="/j_atl_security_check",
    sign_out="/j_atl_security_logout",
    home="/dashboard",
    starting_code=503,
    sign_in_json=SIGN_IN_JSON,
    form_mark="j_username",
    members=Members("/rest/api/1.0/admin/cluster", "nodes", {"id": "id-{name}", "name": "hazelcast-{name}"}),
    user_header="X-AUSERNAME",
)

BITBUCKET = StandInProduct(
    name="bitbucket",
    title="Bitbucket",
    line="10",
    version="10.0.1",
    manifest_type="stash",
    pages=_PAGES,
    form=SignInForm("j_username", "j_password", "_atl_remember_me", "on"),
    cookies=Cookies(
        session="BITBUCKETSESSIONID",
        remember_me="_atl_bitbucket_remember_me",
        remember_me_seconds=30 * 24 * 3600,
        value_format="series",
        rotates=True,
    ),
    tokens=_tokens("timestamptz"),
    users=Users(
        tables=(
            Table.alike("stash_user", {"id": "number"}, "id integer PRIMARY KEY"),
            Table.alike(
                "sta_normal_user",
                {"user_id": "number", "name": "login", "slug": "login"},
                "user_id integer PRIMARY KEY REFERENCES stash_user (id)",
                "name varchar(255) NOT NULL",
                "slug varchar(127) NOT NULL",
            ),
        ),
        name="sta_normal_user",
        key="user_id",
        login="name",
    ),
    service=Service(
        start=("bin/start-bitbucket.sh",),
        stop=("bin/stop-bitbucket.sh",),
        install_mark="-Dbitbucket.install={}",
        home_mark="-Dbitbucket.home={}",
        log="{home}/log/launcher.log",
        pid_file="{home}/log/bitbucket.pid",
    ),
    templates=("bitbucket",),
    behaviour_file="{home}/shared/bitbucket.properties",
    older=(
        Line("9.4", "9.4.2", {}),
        # tables that were made by earlier versions keep a moment without its zone
        Line("8.19", "8.19.1", {**old_sign_in(_PAGES), "tokens": _tokens("timestamp without time zone")}),
    ),
)
