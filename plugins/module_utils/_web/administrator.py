# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As whom the REST API of a product is asked: the value of the header. Pure."""

from __future__ import annotations

import base64
import re

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


def by_token(token: str) -> str:
    """With a personal access token; raises SessionsError, which does not quote it."""
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise SessionsError("Nothing is asked: the administrator's token is empty, or has a character that no header can carry.")
    return f"Bearer {token}"


def by_password(username: str, password: str) -> str:
    """With name and password (Basic), which sites may have switched off."""
    if not username or not password or ":" in username:
        raise SessionsError("Nothing is asked: the administrator's name or password is empty, or the name has a colon. Give a token.")
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
