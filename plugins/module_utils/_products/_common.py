# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several products have in common: Tomcat, Seraph, the application links plugin."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    BuiltIn,
    Column,
    DatabaseKeys,
    Place,
    Places,
    SignOnKeys,
    Survivors,
    TokenTable,
    Tomcat,
)

TOMCAT_PROCESS = (r"-Dcatalina\.base=(.+)", r"-Dcatalina\.home=(.+)")
TOMCAT_PID_FILE, TOMCAT_PID_VARIABLE = "{install}/work/catalina.pid", "CATALINA_PID"
TOMCAT_SAVED_SESSIONS = ("SESSIONS.ser",)
TOMCAT_SERVER = "conf/server.xml"
# the version in a file that Maven leaves in every web application
POM_VERSION = r"(?m)^version=(\d[\w.-]*)"

WHOAMI_PATH = "/plugins/servlet/applinks/whoami"
MANIFEST_PATH = "/rest/applinks/1.0/manifest"
TWO_STEP_SIGN_IN_PATH = "/rest/tsv/1.0/authenticate"
SERAPH_REASON_HEADER = "x-seraph-loginreason"
SERAPH_REFUSED, SERAPH_CAPTCHA = "AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"
SERAPH_SIGN_IN_FORM = (
    ("os_username", "{username}"),
    ("os_password", "{password}"),
    ("os_cookie", "true"),
)

_PERSONAL_TOKENS = "personal access tokens"
SURVIVES = (
    _PERSONAL_TOKENS,
    "OAuth and application-link tokens",
    "Basic authentication",
    "the identity provider's own session (SAML and OpenID Connect sign in again silently)",
    "Crowd single sign-on",
)

# named by Atlassian's page on listing them by a query (Confluence), and seen in a dump of Jira's tables
PERSONAL_TOKENS = Survivors(
    _PERSONAL_TOKENS,
    rows="personal access tokens, those that have expired among them",
    table="AO_81F455_PERSONAL_TOKEN",
    columns=("hashed_token", "user_key"),
)


CROWD = "Crowd"


def tomcat_contexts(webapp: str, base: str = "") -> tuple[str, ...]:
    """The files besides server.xml that may hold a Context of the web application. ``base``: the folder of the Tomcat, with its slash."""
    return (f"{base}conf/context.xml", f"{base}conf/Catalina/*/*.xml", f"{webapp}/META-INF/context.xml")


def container_cookie(webapp: str) -> Place:
    """Where the web application itself may name the session cookie."""
    return Place(f"{{install}}/{webapp}/WEB-INF/web.xml", "session-config/cookie-config/name")


def seraph_cookie(webapp: str) -> Place:
    """Where Seraph is told the name of the remember-me cookie."""
    return Place(f"{{install}}/{webapp}/WEB-INF/classes/seraph-config.xml", "init-param[param-name=login.cookie.key]/param-value")


def seraph_authenticator(webapp: str, own: str, *properties: str) -> SignOnKeys:
    """Seraph's authenticator: ``own`` is the product's; with one of Crowd's, a browser that is signed in to Crowd is signed in here.

    Names of Crowd's: its documentation on single sign-on for each product. ``properties``: where else its crowd.properties may be.
    """
    files = (f"{{install}}/{webapp}/WEB-INF/classes/crowd.properties", *properties)
    return SignOnKeys(
        CROWD,
        setting=(Place(f"{{install}}/{webapp}/WEB-INF/classes/seraph-config.xml", "authenticator@class"),),
        on=r"com\.atlassian\.jira\.security\.login\.SSOSeraphAuthenticator|com\.atlassian\.confluence\.user\.ConfluenceCrowdSSOAuthenticator"
        r"|com\.atlassian\.crowd\.integration\.seraph\..+",
        off=own.replace(".", r"\."),
        address=tuple(Place(file, "crowd.server.url") for file in files),
    )


def hibernate(file: str, name: str) -> Place:
    """A property in a settings file of Hibernate's form."""
    return Place(file, f"property[@name={name}]")


def hibernate_database(file: str, root: str, built_in: BuiltIn | None = None, older: str = "") -> DatabaseKeys:
    """The keys of a settings file in Hibernate's form, root element included. ``older``: the file in which earlier versions have them."""

    def keys(*names: str) -> Places:
        return tuple(hibernate(file, name) for name in names)

    return DatabaseKeys(
        file=file,
        root=root,
        url=keys("hibernate.connection.url"),
        user=keys("hibernate.connection.username"),
        password=keys("hibernate.connection.password"),
        cipher=keys("jdbc.password.decrypter.classname"),
        schema=keys("hibernate.default_schema"),
        kind=keys("hibernate.dialect", "hibernate.connection.driver_class"),
        jndi=keys("hibernate.connection.datasource"),
        built_in=built_in,
        older=hibernate_database(older, root) if older else None,
    )


def set_by_scripts(variable: str) -> Places:
    """Where the scripts of a start may set a variable."""
    return (Place("{install}/bin/setenv.sh", variable), Place("{install}/bin/user.sh", variable))


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


def tomcat_with(webapp: str) -> Tomcat:
    """The product's web application in its own Tomcat."""
    return Tomcat(server=TOMCAT_SERVER, webapp=webapp, contexts=tomcat_contexts(webapp))
