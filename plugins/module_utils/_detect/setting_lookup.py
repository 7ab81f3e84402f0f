# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks a value up in the places where it may be written. Pure: what reads the files comes in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.placeholders import NEVER_FILLED_IN, has_placeholder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import SettingsFile, Written, parse_settings
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    DEFAULT,
    ENVIRONMENT,
    OPTIONS,
    SPRING_JSON,
    Place,
    Places,
)

# ${name}; Tomcat also takes ${name:-default}, Spring ${name:default}
_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)(?::([^${}]*))?\}")
_DEEPEST = 5
# a value that is longer is no setting; nor is one that what it stands for makes so long
_LONGEST = 10_000
_TOO_LONG = f"it is longer than {_LONGEST} characters"
_SPRING_VARIABLE = "SPRING_APPLICATION_JSON"
# variables from which Java itself takes arguments: the last one overrides those of the process. The others reach a process as its own
_OPTIONS_OF_JAVA = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


class Node(t.Protocol):
    """What can be read on a node; ``process`` names the process in a source. Paths are absolute."""

    process: str

    def read(self, path: str) -> bytes | None:
        """The file, None when it is not there; raises SessionsError when it cannot be read."""

    def glob(self, folder: str, pattern: str) -> list[str]:
        """The paths below the folder that fit, sorted."""

    def saved_sessions(self, install_dir: str, names: t.Sequence[str]) -> list[str]:
        """The files of these names in which the container saved sessions, sorted; raises SessionsError when they cannot be looked for."""

    def argument(self, prefix: str) -> str:
        """The rest of the process's argument that begins so, '' when there is none or no process."""

    def own_number(self, host: str, ipv6_first: bool) -> str:
        """The address of the node for which the name, or number, stands; '' where it stands for another host, or for none.

        A name may stand for several: those of IPv6 come last, or first.
        """

    def environment(self, name: str) -> str | None:
        """One variable of the process, or of the unit of one that is down; '' when unset, None when nobody tells."""


class Lookup:
    """Values of one installation. ``folders``: what ``{install}``, ``{tomcat}``, ``{home}`` and ``{shared}`` in a place stand for."""

    def __init__(self, node: Node, folders: t.Mapping[str, str], roots: t.Mapping[str, str] | None = None, product: str = "") -> None:
        self.node = node
        self._folders = folders
        self._roots = roots or {}
        self._files: dict[str, SettingsFile | None] = {}
        self._words = {
            **dict.fromkeys(("catalina.base", "catalina.home"), folders.get("tomcat", folders.get("install", ""))),
            **dict.fromkeys((f"{product}Home", f"{product}.home"), folders.get("home", "")),
            f"{product}.shared.home": folders.get("shared", ""),
        }

    def path(self, where: str) -> str:
        """The absolute path of a place's file; below a shared home that is not known there is none."""
        return where.format(**{"shared": "<shared home>", "tomcat": self._folders.get("install", ""), **self._folders})

    def is_there(self, where: str) -> bool:
        """Whether the place's file is."""
        return self.node.read(self.path(where)) is not None

    def find(self, places: Places) -> Found:
        """The value in the first place that has one, without placeholders; where a file contradicts itself it is not known."""
        found = self.find_raw(places)
        return self.resolved(found) if found else found

    def find_raw(self, places: Places) -> Found:
        """The same as it is written: for a URL, which may hold a password with anything in it."""
        unclear = ""
        for place in places:
            found = self._in(place)
            if found.missing:
                continue
            if found.lost:
                unclear = unclear or found.source
            elif not unclear or not found:
                return found
            elif found.sure != "default":
                return found.at_most("likely")._replace(source=f"{found.source} ({unclear})")
        nothing = f"not set in {self.tried(places)}" if places else "this product has no setting for it"
        return Found(source=unclear, lost=True) if unclear else Found(source=nothing, missing=True)

    def tried(self, places: Places) -> str:
        """The places, for a sentence."""
        return ", ".join(_words(place, self.path(place.where)) for place in places)

    def resolved(self, found: Found) -> Found:
        """The value with what its placeholders stand for; not known when one stays. Names are not quoted: they may be of a password."""
        value = self.filled(found)
        if len(value) > _LONGEST:
            return Found(source=f"{found.source}: {_TOO_LONG}")
        return Found(source=f"{found.source}: {NEVER_FILLED_IN}") if has_placeholder(value) else found.but(value)

    def filled(self, found: Found) -> str:
        """The value with each ``${name}`` that is known: a folder of the product, or what the process was started with."""
        value, spring, tomcat = found.value, self._is_spring(found), self._is_tomcat(found)
        for _level in range(_DEEPEST):
            if len(value) > _LONGEST:
                break
            value, before = _PLACEHOLDER.sub(lambda match: self._stands_for(match, spring, tomcat), value), value
            if value == before:
                break
        return value

    def _is_spring(self, found: Found) -> bool:
        return "shared" in self._folders and found.source.startswith((f"{self._folders['shared']}/", self.node.process or "/none"))

    def _is_tomcat(self, found: Found) -> bool:
        return found.source.startswith(f"{self._folders.get('install', '')}/") and ".xml:" in found.source

    def _stands_for(self, match: re.Match[str], spring: bool, tomcat: bool) -> str:
        """What one ``${..}`` stands for, itself where that is not known, or two say it and differ."""
        name, default = match[1], match[2]
        if self._words.get(name):
            return self._words[name]
        argument = self._in(Place(ARGUMENT, f"-D{name}="))
        lost = not argument and not argument.missing
        told = {argument.value}
        if spring or tomcat:
            variable = self.node.environment(name)
            lost = lost or variable is None
            told |= {variable or ""}
        if tomcat:
            told |= {self._in(Place("{tomcat}/conf/catalina.properties", name)).value}
        told.discard("")
        if len(told) == 1 and not lost:
            (value,) = told
            return value if len(value) <= _LONGEST else match[0]
        takes_default = default is not None and not told and not lost and (spring or (tomcat and default.startswith("-")))
        return (default if spring else default[1:]) if takes_default else match[0]

    def _in(self, place: Place) -> Found:
        found = self._written_in(place)
        return found if len(found.value) <= _LONGEST else Found(source=f"{found.source}: {_TOO_LONG}")

    def _written_in(self, place: Place) -> Found:
        if place.where == DEFAULT:
            return Found(self.path(place.key), "default", "default")
        if place.where == ARGUMENT:
            return self._in_arguments(place.key)
        if place.where == SPRING_JSON:
            return self._in_spring_json(place.key)
        if place.where == ENVIRONMENT:
            return self._in_environment(place.key)
        if "{shared}" in place.where and "shared" not in self._folders:
            return Found(source="the shared home folder is not known", lost=True)
        path = self.path(place.where)
        file = self._file(place, path)
        return _one_of(file.written(place.key), path, file.problem) if file else Found(missing=True)

    def _in_arguments(self, prefix: str) -> Found:
        value, process = self.node.argument(prefix), self.node.process
        names = _OPTIONS_OF_JAVA[-1:] if value else (*_OPTIONS_OF_JAVA, *(() if process else OPTIONS))
        if prefix.startswith("-D"):
            for name in names:
                if prefix in (self.node.environment(name) or ""):
                    return _set_unread(name, process, prefix.rstrip("="))
        return Found(value, "certain", process) if value else Found(missing=True)

    def _in_spring_json(self, key: str) -> Found:
        """Not known where the JSON has the key, however Spring lets one write it; or its last word, where that is no JSON."""
        text = self._in_environment(_SPRING_VARIABLE)
        if not text:
            return text
        try:
            has_it = _joined(key) in {_joined(name) for name in _names_in(parsed(text.value))}
        except ValueError:
            has_it = _joined(key.rpartition(".")[2]) in _joined(text.value)
        return _set_unread(_SPRING_VARIABLE, self.node.process, key) if has_it else Found(missing=True)

    def _in_environment(self, name: str) -> Found:
        value = self.node.environment(name)
        if value is None and self.node.process:
            return Found(source=f"the environment of {self.node.process} cannot be read: run as its account or as root (become)", lost=True)
        if value is None:
            return Found(source=f"no process runs, and no unit is known, that could tell the variable {name}", lost=True)
        return Found(value, "certain", self.node.process or f"{name} of its unit") if value else Found(missing=True)

    def _file(self, place: Place, path: str) -> SettingsFile | None:
        if path not in self._files:
            data = self.node.read(path)
            self._files[path] = None if data is None else parse_settings(path, data, self._roots.get(place.where, ""))
        return self._files[path]


def _one_of(values: t.Sequence[Written], path: str, problem: str) -> Found:
    if len(values) > 1:
        return Found(source=f"{path}: lines {', '.join(str(one.line) for one in values)} contradict each other")
    if not values:
        return Found(source=f"{path} is damaged ({problem})", lost=True) if problem else Found(missing=True)
    source = f"{path}:{values[0].line}"
    return Found(values[0].value, "likely", f"{source} (damaged, {problem})") if problem else Found(values[0].value, "certain", source)


def _names_in(value: t.Any, above: str = "") -> t.Iterator[str]:
    """The name of each value of a JSON document, with those of the objects that it is in."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _names_in(inner, f"{above}.{name}")
    else:
        yield above


def _joined(name: str) -> str:
    return re.sub("[-_.]", "", name).lower()


def _set_unread(variable: str, process: str, key: str) -> Found:
    return Found(source=f"the variable {variable} of {process or 'its unit'} may set {key}, and is not read")


def _words(place: Place, path: str) -> str:
    names = {ARGUMENT: f"the argument {place.key}", ENVIRONMENT: f"the variable {place.key}", DEFAULT: place.key}
    names[SPRING_JSON] = f"the variable {_SPRING_VARIABLE} ({place.key})"
    return names.get(place.where, f"{path} ({place.key})")
