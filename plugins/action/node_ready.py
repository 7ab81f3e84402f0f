# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``node_ready``, and every other module of this collection (see meta/runtime.yml), and keeps of the answer what is data."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction


class ActionModule(AnsweringAction):
    """See the documentation of each module."""
