# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that talk to one node over HTTP."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the node answers."""

    DOCUMENTATION = r"""
options:
  product:
    description:
      - The product, by its name in the catalogue, for example V(jira).
    type: str
    required: true
  url:
    description:
      - Where the node itself answers, with its context path.
    type: str
    required: true
  site_url:
    description:
      - The public address of the site. It is sent as C(Host) and C(X-Forwarded-*) headers, as the load balancer would.
    type: str
    default: ""
  validate_certs:
    description:
      - Whether the certificate of an C(https) address is checked.
    type: bool
    default: true
  request_timeout:
    description:
      - For how many seconds one request may take, from the look-up of the name to the last byte.
    type: int
    default: 10
  functional_path:
    description:
      - The page, below the context path, that has to answer before a node counts as up. The product's own when empty, most often the
        page at which people sign in.
      - It answers with HTTP status 200, or by sending the visitor to a sign-in, also that of another host.
    type: str
    default: ""
"""
