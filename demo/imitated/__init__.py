# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is imitated of each product. Written from documented behaviour, not from any vendor code.

A further product is one file here, one folder in ``files/`` and one line below.
"""

from __future__ import annotations

from demo.imitated.bamboo import BAMBOO
from demo.imitated.bitbucket import BITBUCKET
from demo.imitated.confluence import CONFLUENCE
from demo.imitated.crowd import CROWD
from demo.imitated.fisheye import FISHEYE
from demo.imitated.jira import JIRA
from demo.products import StandInProduct

PRODUCTS: dict[str, StandInProduct] = {product.name: product for product in (JIRA, CONFLUENCE, BITBUCKET, BAMBOO, FISHEYE, CROWD)}
