# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fisheye and Crucible, one program. Sources: Atlassian's documentation, its start script, mappings of its tables."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    MANIFEST_PATH,
    SURVIVES,
    WHOAMI_PATH,
    crowd_switch,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    DEFAULT,
    ENVIRONMENT,
    BuiltIn,
    Column,
    ConnectorKeys,
    DatabaseKeys,
    Files,
    Place,
    Product,
    Service,
    SessionKeys,
    TokenTable,
    UserTable,
    Web,
)

_SETTINGS = "{home}/config.xml"

FISHEYE = Product(
    name="fisheye",
    title="Fisheye/Crucible",
    tokens=TokenTable(
        name="cru_login_cookie",
        # cru_recursive_url is left out: its type differs by engine
        columns=(
            Column("cru_login_cookie_id", "integer"),
            Column("cru_user_id", "integer"),
            Column("cru_create_date", "integer"),
            Column("cru_rnd", "text"),
            Column("cru_type", "integer"),
            Column("cru_url", "text"),
        ),
        key="cru_login_cookie_id",
        token="cru_rnd",
        user="cru_user_id",
        created="cru_create_date",
        created_unit="epoch_ms",
        # the table is said to hold logins of feeds, too: what the numbers mean is not known
        sort="cru_type",
        # seen in published queries: where it is otherwise, users are counted by their ids, and a note says so
        users=UserTable("cru_user", key="cru_user_id", name="cru_user_name"),
    ),
    files=Files(
        signs=("bin/fisheyectl.sh", "fisheyeboot.jar"),
        usual_install="/opt/atlassian/fisheye",
        # no file is known to tell it
        version=(),
        home=(
            Place(ARGUMENT, "-Dfisheye.inst="),
            Place(ENVIRONMENT, "FISHEYE_INST"),
            Place(DEFAULT, "{install}"),
        ),
        database=DatabaseKeys(
            file=_SETTINGS,
            root="config",
            url=(Place(_SETTINGS, "database/connection@jdbcurl"),),
            user=(Place(_SETTINGS, "database/connection@username"), Place(_SETTINGS, "database/connection@dbuser")),
            password=(Place(_SETTINGS, "database/connection@password"), Place(_SETTINGS, "database/connection@dbpassword")),
            kind=(Place(_SETTINGS, "database@type"), Place(_SETTINGS, "database/connection@jdbcdriver")),
            built_in=BuiltIn("hsqldb", "{home}/var/data/crudb/crucible", files="{home}/var/data/crudb/crucible*"),
        ),
        node_id=(),
        clustered=(),
        tomcat=None,
        connector=ConnectorKeys(
            bind=(Place(_SETTINGS, "web-server/http@bind"),),
            tls_bind=(Place(_SETTINGS, "web-server/ssl@bind"),),
            context=(Place(_SETTINGS, "web-server@context"),),
            proxy_name=(Place(_SETTINGS, "web-server/http@proxy-host"),),
            proxy_port=(Place(_SETTINGS, "web-server/http@proxy-port"),),
            scheme=(Place(_SETTINGS, "web-server/http@proxy-scheme"),),
            site_url=(Place(_SETTINGS, "web-server@site-url"),),
        ),
        session_cookie=(),
        remember_me_cookie=(),
        sessions=SessionKeys(default="memory"),
        # the name of the attribute is recalled, not seen
        sign_on=crowd_switch((Place(_SETTINGS, "crowd@sso-enabled"),)),
    ),
    service=Service(
        start=("bin/fisheyectl.sh", "start"),
        stop=("bin/fisheyectl.sh", "stop"),
        process=(r"(.+)/fisheyeboot\.jar",),
        options=("FISHEYE_OPTS",),
    ),
    web=Web(
        default_port=8060,
        session_cookie="FESESSIONID",
        remember_me_cookie="remember",
        # there is no status page: readiness is a page that runs through the application
        status_path="",
        ready_states=(),
        functional_path=MANIFEST_PATH,
        sign_in_page="/login",
        sign_in_json_path="",
        sign_in_path="/login",
        sign_in_form=(
            ("username", "{username}"),
            ("password", "{password}"),
            ("rememberme", "true"),
        ),
        whoami_path=WHOAMI_PATH,
    ),
    persisted_sessions=(),
    survives=SURVIVES,
)
