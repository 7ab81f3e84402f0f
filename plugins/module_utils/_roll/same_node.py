# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is one node in the inventory under two names? It would be restarted twice, and nothing would stay up meanwhile.

And are two nodes asked at one address? What answers there, a load balancer or one of them, would prove the other one as well. Pure.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import is_own_name

_COUNT = {2: "two", 3: "three"}


def one_node_twice(looks: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A sentence for names of the inventory that lead to one node: by its process, and by its home folder, also where none runs."""
    what_by_names: dict[tuple[str, ...], list[str]] = {}
    for what, names in [*_alike(looks, _process), *_alike(looks, _home)]:
        what_by_names.setdefault(names, []).append(what)
    return [
        f"{' and '.join(names)} are one node under {_COUNT.get(len(names), len(names))} names ({', '.join(what)}): keep one in the group"
        for names, what in what_by_names.items()
    ]


def one_address_twice(looks: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A sentence for nodes that are asked at one address, where it does not mean the machine that asks."""
    return [
        f"{' and '.join(names)} are asked at one address ({url}), so that an answer of one would be taken for the other's: "
        "give each its own (force_reauth_node_url)"
        for url, names in _alike(looks, _address)
    ]


def _alike(
    looks: t.Mapping[str, t.Mapping[str, t.Any]], seen: t.Callable[[t.Mapping[str, t.Any]], tuple[str, str]]
) -> list[tuple[str, tuple[str, ...]]]:
    """(What it is, names) of all that several names have in common. ``seen``: what a look tells, as (identity, in words)."""
    words: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for name, look in looks.items():
        identity, words_of_it = seen(look)
        if identity:
            words[identity] = words_of_it
            names.setdefault(identity, []).append(name)
    return [(words[identity], tuple(those)) for identity, those in names.items() if len(those) > 1]


def _process(look: t.Mapping[str, t.Any]) -> tuple[str, str]:
    identity = look["process"]["identity"]
    return identity, f"process {identity.split(':')[1]}" if identity else ""


def _home(look: t.Mapping[str, t.Any]) -> tuple[str, str]:
    return look.get("home_identity", ""), f"home folder {look.get('home_dir', '')}"


def _address(look: t.Mapping[str, t.Any]) -> tuple[str, str]:
    url = look.get("url", "").rstrip("/").lower()
    host = urlsplit(url).hostname
    return (url, look["url"]) if host and not is_own_name(host) else ("", "")
