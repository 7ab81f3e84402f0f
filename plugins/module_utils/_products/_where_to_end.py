# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one ends what a sign-out does not end, in Atlassian's words. Pure."""

from __future__ import annotations

import typing as t

END_AT: t.Mapping[str, str] = {
    "personal access tokens": "Personal access tokens, of each user; an administrator may revoke them",
    "HTTP access tokens": "HTTP access tokens, of a user, a project or a repository",
    "OAuth and application-link tokens": "Application links, in the administration of both products",
    "Basic authentication": "the password of the user, in the directory of users",
    "the identity provider's own session (SAML and OpenID Connect sign in again silently)": "the identity provider itself",
    "Crowd single sign-on": "Crowd's administration",
    "application tokens and passwords (applications sign in to Crowd by them)": "Applications, in Crowd's administration",
    "the applications' own sessions (Crowd single sign-on ends, their sessions do not)": "each application: a run of its own for each",
    "SSH keys and access keys": "SSH keys, of a user; Access keys, of a project or a repository",
    "agents and their authentication": "Agents, in the administration",
    "repository and deployment credentials": "Linked repositories, Shared credentials and deployment projects",
}
"""By the words of a product's ``survives``."""
