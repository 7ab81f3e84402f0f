# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what is left to chance is tried: ``make test-all ROUNDS=20``."""

from __future__ import annotations

import os

ROUNDS = range(int(os.environ.get("ROUNDS", "5")))
