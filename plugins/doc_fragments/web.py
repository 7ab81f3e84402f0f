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
      - For how many seconds one request may take.
    type: int
    default: 10
"""
