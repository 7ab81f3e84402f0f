# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for `make docs`. What docs.ansible.com builds comes from docs/docsite alone, with settings of its own."""

from __future__ import annotations

project = "dcops.atlassian_sessions"
copyright = "Contributors to the dcops.atlassian_sessions project"  # noqa: A001  # Sphinx's own name for it
html_title = project
extensions = ["sphinx_antsibull_ext"]
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
smartquotes = False
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_static_path = ["static"]
html_css_files = ["wide.css"]
