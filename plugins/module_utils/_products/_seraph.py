# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Jira, Confluence and Bamboo have in common: Seraph signs their users in, and each has a Tomcat of its own."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    CROWD,
    TOMCAT_PID_VARIABLE,
    TWO_STEP_SIGN_IN_PATH,
    WHOAMI_PATH,
    container_cookie,
    maven_version,
    tomcat_contexts,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    ENVIRONMENT,
    Column,
    ConnectorKeys,
    DatabaseKeys,
    Files,
    Place,
    Places,
    Service,
    SessionKeys,
    SignOnKeys,
    TokenTable,
    Tomcat,
    Web,
)

TOMCAT_SAVED_SESSIONS = ("SESSIONS.ser",)


def seraph_files(
    name: str,
    webapp: str,
    *,
    pointer: str,
    home: Places,
    database: DatabaseKeys,
    node_id: Places,
    clustered: tuple[Places, ...],
    sign_on: SignOnKeys,
    more_versions: tuple[tuple[str, str], ...] = (),
) -> Files:
    """``pointer``: the file below the install folder that may name the home folder; no other product has it.

    ``more_versions``: where else the version stands.
    """
    return Files(
        signs=(pointer,),
        usual_install=f"/opt/atlassian/{name}",
        version=(maven_version(webapp, name), *more_versions),
        home=home,
        database=database,
        node_id=node_id,
        clustered=clustered,
        tomcat=Tomcat(server="conf/server.xml", webapp=webapp, contexts=tomcat_contexts(webapp)),
        connector=ConnectorKeys(),
        session_cookie=(container_cookie(webapp),),
        remember_me_cookie=(Place(_seraph_config(webapp), "init-param[param-name=login.cookie.key]/param-value"),),
        sessions=SessionKeys(default="disk"),
        sign_on=sign_on,
    )


def tomcat_service(name: str) -> Service:
    """The scripts of the product, which start its Tomcat by those of Tomcat."""
    return Service(
        start=(f"bin/start-{name}.sh",),
        stop=(f"bin/stop-{name}.sh",),
        process=(r"-Dcatalina\.base=(.+)", r"-Dcatalina\.home=(.+)"),
        pid_file="{install}/work/catalina.pid",
        pid_variable=TOMCAT_PID_VARIABLE,
    )


def seraph_web(*, default_port: int, remember_me_cookie: str, sign_in_page: str, sign_in_form_mark: str) -> Web:
    """``sign_in_page`` takes its own form, and renders through the whole application without a sign-in."""
    return Web(
        default_port=default_port,
        session_cookie="JSESSIONID",
        remember_me_cookie=remember_me_cookie,
        remember_me_form="key",
        status_path="/status",
        ready_states=("RUNNING",),
        functional_path=sign_in_page,
        sign_in_page=sign_in_page,
        sign_in_json_path=TWO_STEP_SIGN_IN_PATH,
        sign_in_path=sign_in_page,
        sign_in_form=(
            ("os_username", "{username}"),
            ("os_password", "{password}"),
            ("os_cookie", "true"),
        ),
        whoami_path=WHOAMI_PATH,
        sign_in_form_mark=sign_in_form_mark,
        reason_header="x-seraph-loginreason",
        refused_reason="AUTHENTICATED_FAILED",
        captcha_reason="AUTHENTICATION_DENIED",
    )


def seraph_authenticator(webapp: str, own: str, *properties: str) -> SignOnKeys:
    """Seraph's authenticator: ``own`` is the product's; with one of Crowd's, a browser that is signed in to Crowd is signed in here.

    Names of Crowd's: its documentation on single sign-on for each product. ``properties``: where else its crowd.properties may be.
    """
    files = (f"{{install}}/{webapp}/WEB-INF/classes/crowd.properties", *properties)
    return SignOnKeys(
        CROWD,
        setting=(Place(_seraph_config(webapp), "authenticator@class"),),
        on=r"com\.atlassian\.jira\.security\.login\.SSOSeraphAuthenticator|com\.atlassian\.confluence\.user\.ConfluenceCrowdSSOAuthenticator"
        r"|com\.atlassian\.crowd\.integration\.seraph\..+",
        off=own.replace(".", r"\."),
        address=tuple(Place(file, "crowd.server.url") for file in files),
    )


def _seraph_config(webapp: str) -> str:
    return f"{{install}}/{webapp}/WEB-INF/classes/seraph-config.xml"


def set_by_environment(variable: str) -> Places:
    """The variable of the process, and the scripts of a start that may set it."""
    return (Place(ENVIRONMENT, variable), Place("{install}/bin/setenv.sh", variable), Place("{install}/bin/user.sh", variable))


def home_places(name: str, pointer: str) -> Places:
    """Where the home folder is looked for; the file counts last."""
    return (
        Place(ARGUMENT, f"-D{name}.home="),
        *set_by_environment(f"{name.upper()}_HOME"),
        Place(f"{{install}}/{pointer}", f"{name}.home"),
    )


def tokens_with_login_names(table: str) -> TokenTable:
    """The token table that keeps the names with which people sign in."""
    return TokenTable(
        name=table,
        columns=(Column("id", "integer"), Column("username", "text"), Column("created", "integer"), Column("token", "text")),
        key="id",
        token="token",
        user="username",
        created="created",
        created_unit="epoch_ms",
    )
