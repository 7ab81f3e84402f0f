# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for `make docs`. What docs.ansible.com builds comes from docs/docsite alone, with settings of its own."""

from __future__ import annotations

import re
import typing as t
import zlib
from pathlib import Path

project = "dcops.atlassian_sessions"
copyright = "Contributors to the dcops.atlassian_sessions project"  # noqa: A001  # Sphinx's own name for it
html_title = project
extensions = ["sphinx_antsibull_ext", "sphinx.ext.intersphinx"]
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
smartquotes = False
html_theme = "sphinx_rtd_theme"
# guides alone stand beside each page: of plugins there are too many
html_theme_options = {"includehidden": False, "navigation_depth": 2, "prev_next_buttons_location": None}
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_static_path = ["static"]
html_css_files = ["wide.css"]

# The pages of Ansible that pages of plugins refer to. Its own list of them would have to be fetched.
_LABELS = {
    "action_plugins": "plugins/action.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    **{
        f"ansible_collections.ansible.builtin.{name}": f"collections/ansible/builtin/{name}.html"
        for name in ("debug_module", "set_stats_module", "default_callback")
    },
}
_VARIABLES = ("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "ANSIBLE_SHOW_CUSTOM_STATS")


def _inventory(file: Path) -> str:
    """A list of those pages as Sphinx reads it, written to this file."""
    lines = [f"{label} std:label -1 {page} -" for label, page in _LABELS.items()]
    lines += [f"{name} std:envvar 1 reference_appendices/config.html#envvar-$ -" for name in _VARIABLES]
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The remainder of this file is compressed using zlib.\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(head.encode() + zlib.compress("".join(f"{line}\n" for line in lines).encode()))
    return str(file)


_LIST = _inventory(Path(__file__).resolve().parents[2] / "build/docs/ansible.inv")
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", _LIST)}


def _without_nowhere(_app: t.Any, _page: str, text: list[str]) -> None:
    """Leave out the links of galaxy.yml as long as they are the name that nobody can have. ``text``: of a page, replaced in place."""
    text[0] = re.sub(r"(?m)^\.\. ansible-links::\n\n(?:  .*\n)*?  .*git\.example\.org.*\n(?:  .*\n)*", "", text[0])


def setup(app: t.Any) -> None:
    """What Sphinx calls first."""
    app.connect("source-read", _without_nowhere)
