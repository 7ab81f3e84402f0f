# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several products have in common: Tomcat, Hibernate, the application links plugin, what a sign-out does not end."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    BuiltIn,
    DatabaseKeys,
    Place,
    Places,
    SignOnKeys,
    Survivors,
)

TOMCAT_PID_VARIABLE = "CATALINA_PID"
WHOAMI_PATH = "/plugins/servlet/applinks/whoami"
MANIFEST_PATH = "/rest/applinks/1.0/manifest"
TWO_STEP_SIGN_IN_PATH = "/rest/tsv/1.0/authenticate"

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


def crowd_switch(setting: Places) -> SignOnKeys:
    """A setting that is true where Crowd signs users in."""
    return SignOnKeys(CROWD, setting=setting, on=r"(?i)true", off=r"(?i)false")


def container_cookie(webapp: str) -> Place:
    """Where the web application itself may name the session cookie."""
    return Place(f"{{install}}/{webapp}/WEB-INF/web.xml", "session-config/cookie-config/name")


def maven_version(webapp: str, group: str) -> tuple[str, str]:
    """The version, in a file that Maven leaves in every web application."""
    return f"{webapp}/META-INF/maven/com.atlassian.{group}/*/pom.properties", r"(?m)^version=(\d[\w.-]*)"


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
