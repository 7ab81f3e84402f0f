# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a product was told by the environment of its process alone: its scripts would start it without. Pure: what reads comes in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.locale_settings import LOCALE_NAMES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.options_alone import OF_JAVA, options_alone
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup, Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.start_scripts import OF_TOMCAT, Script, scripts_of, setenv_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    DEFAULT,
    ENVIRONMENT,
    SPRING_JSON,
    Places,
    Product,
)

_JAVA = ("JRE_HOME", "JAVA_HOME")
_NO_FILES = (ARGUMENT, ENVIRONMENT, SPRING_JSON, DEFAULT)


class Nodes(t.NamedTuple):
    """The node with its process, and as its ``scripts`` find it: without a process, and with the environment that they get."""

    process: Node
    scripts: Node


class Disk(t.NamedTuple):
    """``real``: the path without links. ``java_in``: the real path of the first ``java`` in these folders, with colons between, ''."""

    real: t.Callable[[str], str]
    java_in: t.Callable[[str], str]


def environment_problem(product: Product, install: str, home: str, nodes: Nodes, disk: Disk) -> str:
    """Why its scripts would start another one, or none, in a sentence without a full stop; '' where they would not.

    Raises SessionsError for a file that is not understood.
    """
    files, scripts = product.files, scripts_of(product, install, nodes.process)
    folders = {"install": install, "home": home}
    shared = Lookup(nodes.process, folders, product=product.name).find(files.shared_home).value
    folders |= {"shared": shared} if shared else {}
    before, after = (Lookup(node, folders, {files.database.file: files.database.root}) for node in nodes)
    database = files.database
    told: list[tuple[str, Places]] = [("home folder", files.home), ("shared home folder", files.shared_home)]
    told += [("database", places) for places in (database.url, database.user, database.password)]
    start = f"{install}/{product.service.start[0]}"
    for what, places in told:
        variable = _told_alone(places, before, after, scripts, disk.real, product.service.options)
        if variable:
            file = next((before.path(place.where) for place in places if place.where not in _NO_FILES), start)
            return _sentence(what, variable, file)
    # the last are those that scripts put into the others
    options = (*OF_JAVA, *reversed(product.service.options))
    variables = (
        ("Java", _java_alone(nodes, install, scripts, disk.java_in)),
        ("language or time zone", _locale_alone(nodes, scripts)),
        ("heap size", options_alone(product.service.memory, *nodes, scripts, product.service.from_files)),
        ("set of Java options", options_alone(options, *nodes, scripts, product.service.from_files)),
    )
    return next((_sentence(what, name, setenv_of(product, install) or start) for what, name in variables if name), "")


def _sentence(what: str, variable: str, file: str) -> str:
    return (
        f"its {what} is told by the environment of its process alone ({variable}), which its scripts do not get: write it into {file}, "
        "have a systemd unit start the node, or take force_reauth_service_manager=tasks"
    )


def _told_alone(
    places: Places, before: Lookup, after: Lookup, scripts: t.Sequence[Script], real: t.Callable[[str], str], options: t.Sequence[str]
) -> str:
    """The variable without which another value is found, ''."""
    variables = [place.key for place in places if place.where == ENVIRONMENT]
    arguments = [place.key for place in places if place.where == ARGUMENT]
    used = before.find_raw(places) if variables or arguments else Found()
    if not used or _is_same(used.value, after.find_raw(places).value, real):
        return ""
    tellers = [name for name in variables if before.node.environment(name) == used.value]
    tellers += [name for name in options if any(f"{one}{used.value}" in (before.node.environment(name) or "") for one in arguments)]
    alone = [name for name in tellers if before.node.environment(name) != after.node.environment(name)]
    if not alone or any(_sets(script, variables, arguments, used.value, real) for script in scripts):
        return ""
    return alone[0]


def _is_same(one: str, other: str, real: t.Callable[[str], str]) -> bool:
    return one == other or (one.startswith("/") and other.startswith("/") and real(one) == real(other))


def _sets(script: Script, variables: t.Sequence[str], arguments: t.Sequence[str], value: str, real: t.Callable[[str], str]) -> bool:
    if any(_is_same(written.value, value, real) for name in variables for written in script.settings.written(name)):
        return True
    wanted = "|".join(re.escape(f"{argument}{value.rstrip('/')}") for argument in arguments)
    return bool(wanted) and any(re.search(rf"(?:{wanted})/?(?![\w./-])", line) for line in script.lines)


def _java_alone(nodes: Nodes, install: str, scripts: t.Sequence[Script], java_in: t.Callable[[str], str]) -> str:
    """The variable without which its scripts would find no Java, or another one, ''. What they set themselves is taken for right."""
    named = [name for name in _JAVA if nodes.process.environment(name)]
    own = [script for script in scripts if script.name not in OF_TOMCAT]
    if not named or any(script.settings.written(name) for script in own for name in _JAVA) or nodes.process.glob(install, "jre/bin/java"):
        return ""
    # in a JDK of version 8 there are two
    folders = [f"{nodes.process.environment(name)}/{folder}" for name in named for folder in ("bin", "jre/bin")]
    in_use = {java_in(folder) for folder in folders} - {""}
    given = [f"{nodes.scripts.environment(name)}/bin" for name in _JAVA if nodes.scripts.environment(name)]
    found = java_in(":".join([*given, nodes.scripts.environment("PATH") or ""]))
    return "" if found and (found in in_use or not in_use) else named[0]


def _locale_alone(nodes: Nodes, scripts: t.Sequence[Script]) -> str:
    """The first such variable that the process has, and that is not handed on as it is, ''."""
    own = {name: nodes.process.environment(name) for name in LOCALE_NAMES}
    other = (name for name, value in own.items() if value and value != nodes.scripts.environment(name))
    return next((name for name in other if not any(script.settings.written(name) for script in scripts)), "")
