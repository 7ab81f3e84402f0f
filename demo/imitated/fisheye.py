# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fisheye and Crucible: one node in a Jetty, no status page, no pid file; the table of tokens holds more than sign-ins."""

from __future__ import annotations

from demo.products import BuiltIn, Cookies, Pages, Service, SignInForm, StandInProduct, Table, Users

FISHEYE = StandInProduct(
    name="fisheye",
    title="Fisheye/Crucible",
    line="4.9",
    version="4.9.0",
    manifest_type="fecru",
    pages=Pages(login="/login", sign_in="/login", sign_out="/logout", home="/dashboard", status=""),
    form=SignInForm("username", "password", "rememberme", "true"),
    cookies=Cookies(
        session="FESESSIONID",
        remember_me="remember",
        remember_me_seconds=90 * 24 * 3600,
        value_format="named",
        # so it is in Crucible
        always_remembers=True,
    ),
    tokens=Table.alike(
        "cru_login_cookie",
        {
            "cru_login_cookie_id": "id",
            "cru_user_id": "owner",
            "cru_create_date": "now_ms",
            "cru_rnd": "token",
            "cru_type": "zero",
            "cru_url": "nothing",
            "cru_recursive_url": "no",
        },
        "cru_login_cookie_id bigint PRIMARY KEY",
        "cru_user_id integer NOT NULL",
        "cru_create_date bigint NOT NULL",
        "cru_rnd varchar(255) NOT NULL",
        "cru_type integer NOT NULL",
        "cru_url varchar(255)",
        "cru_recursive_url boolean",
        "FOREIGN KEY (cru_user_id) REFERENCES cru_user (cru_user_id)",
    ),
    users=Users(
        tables=(
            Table.alike(
                "cru_user",
                {"cru_user_id": "number", "cru_user_name": "login"},
                "cru_user_id integer PRIMARY KEY",
                "cru_user_name varchar(255) NOT NULL",
            ),
        ),
        name="cru_user",
        key="cru_user_id",
        login="cru_user_name",
    ),
    service=Service(
        start=("bin/fisheyectl.sh", "start"),
        stop=("bin/fisheyectl.sh", "stop"),
        install_mark="{}/fisheyeboot.jar",
        home_mark="-Dfisheye.inst={}",
        log="{home}/var/log/fisheye.out",
    ),
    templates=("fisheye",),
    clustered=False,
    built_in=BuiltIn("{home}/var/data/crudb/crucible", "{install}/lib/hsqldb.jar", "fisheye-built-in"),
)
