# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What products in a Tomcat of their own, with Seraph, have in common."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from demo.products import Cookies, Pages, Service, SignInForm, Table

SERAPH_REASON = "X-Seraph-LoginReason"
SIGN_IN_JSON = "/rest/tsv/1.0/authenticate"
SERAPH_FORM = SignInForm("os_username", "os_password", "os_cookie", "true")
CONTEXT_XML = "{install}/conf/context.xml"
SESSIONS_SER = "work/Catalina/localhost/ROOT/SESSIONS.ser"
FORTNIGHT = 14 * 24 * 3600


def old_sign_in(pages: Pages) -> dict[str, t.Any]:
    """In what a line differs that knows the form alone."""
    return {"pages": replace(pages, sign_in_json="")}


def seraph_cookies(remember_me: str) -> Cookies:
    """Tomcat's session and Seraph's token."""
    return Cookies(session="JSESSIONID", remember_me=remember_me, remember_me_seconds=FORTNIGHT, value_format="seraph")


def epoch_tokens(table: str) -> Table:
    """A table that names the login name, and the moment in ms."""
    return Table.alike(
        table,
        {"id": "id", "username": "owner", "created": "now_ms", "token": "token"},
        "id bigint PRIMARY KEY",
        "username varchar(255) NOT NULL",
        "created bigint NOT NULL",
        "token varchar(255) NOT NULL",
    )


def tomcat(product: str) -> Service:
    """The scripts of the product around Tomcat's."""
    return Service(
        start=(f"bin/start-{product}.sh",),
        stop=(f"bin/stop-{product}.sh",),
        install_mark="-Dcatalina.base={}",
        home_mark=f"-D{product}.home={{}}",
        log="{install}/logs/catalina.out",
        pid_file="{install}/work/catalina.pid",
    )
