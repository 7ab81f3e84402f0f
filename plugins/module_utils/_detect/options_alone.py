# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables of Java options a product was given by the environment of its process alone. Pure.

Scripts add to such a variable what they set themselves, and hand on what was in it: words are compared, not values.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.start_scripts import (
    OF_TOMCAT,
    Script,
    reads_more,
)

# Java itself reads them, whatever the scripts do
OF_JAVA = ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")
_COMMAND = re.compile(r"(?:^|\s)(?:\$\(|`)")
# a variable that is a word of its own, of which may come any option
_WHOLE_WORD = re.compile(r"(?:^|(?<=\s))\$(?:(\w+)|{(\w+)})(?=\s|$)")
# an option whose name is put together of others
_PUT_TOGETHER = re.compile(r"(?<!\S)(?:-D[^\s=]*\$|\${?\w+}?[\w.-]*[\w}]=)")
# catalina.sh adds them, wherever it lies
_OF_TOMCAT = (
    *("-Djdk.tls.ephemeralDHKeySize=", "-Djava.protocol.handler.pkgs=", "-Dorg.apache.catalina.security.SecurityListener.UMASK="),
    # Tomcat 10.1 and later
    "-Dsun.io.useCanonCaches=",
)
# the name of an option, up to where its value begins; others, such as --add-opens, are kept in files beside the scripts
_OPTION = re.compile(r"-(?:D[^=]+=?|XX:[^=]+=?|X(?:mx|ms|mn|ss)|X[a-z]+:?|(?:javaagent|agentpath|agentlib):)")


def options_alone(names: t.Iterable[str], process: Node, given: Node, scripts: t.Sequence[Script], from_files: t.Collection[str]) -> str:
    """The first of the variables in which the process has what its scripts, started with what is ``given``, would not hand on, ''.

    A variable of which that cannot be told, because something else puts options into it, is none. ``from_files``: of the product.
    """
    return next((name for name in names if _is_alone(name, process, given, scripts, from_files)), "")


def _is_alone(name: str, process: Node, given: Node, scripts: t.Sequence[Script], from_files: t.Collection[str]) -> bool:
    value = (process.environment(name) or "").strip()
    if not value or value == given.environment(name) or not (name in OF_JAVA or _is_read(name, scripts)):
        return False
    written = [one.value for script in scripts for one in script.settings.written(name)]
    options = [word for word in value.replace('"', "").replace("'", "").split() if word.startswith("-")]
    if not options:
        return not any(one == value or _is_made(one, name) for one in written) and not _is_set(name, written, scripts)
    if _is_unclear(name, scripts, from_files):
        return False
    text = "\n".join(line for script in scripts for line in script.lines)
    names = {found[0] for found in (_OPTION.match(word) for word in options) if found}
    return any(_is_added(one, options, text) for one in names.difference(_OF_TOMCAT))


def _is_read(name: str, scripts: t.Sequence[Script]) -> bool:
    return any(re.search(rf"\b{name}\b", line) for script in scripts for line in script.lines)


def _is_unclear(name: str, scripts: t.Sequence[Script], from_files: t.Collection[str]) -> bool:
    """Whether what is in it may come from where nobody can read it here: a file, a command, a name that is put together."""
    own = [line for script in scripts if script.name not in OF_TOMCAT for line in script.lines]
    if reads_more(scripts) or any(_PUT_TOGETHER.search(line) for line in own):
        return True
    asked, waiting = set(from_files), [name]
    while waiting:
        one = waiting.pop()
        asked.add(one)
        written = [found.value for script in scripts for found in script.settings.written(one)]
        if any(_COMMAND.search(value) or _PUT_TOGETHER.search(value) for value in written):
            return True
        named = {found[1] or found[2] for value in written for found in _WHOLE_WORD.finditer(value)}
        waiting += named.difference(asked)
    return False


def _is_set(name: str, written: t.Sequence[str], scripts: t.Sequence[Script]) -> bool:
    """Whether a script sets it, whatever it was before: the process has what was written there when it was started."""
    kept = re.compile(rf"-[zn]\s+\${{?{name}\b|\${{{name}:?[-=+?]|\b{name}=.*\$(?:{name}\b|{{{name}}})")
    return bool(written) and not any(kept.search(line) for script in scripts for line in script.lines)


def _is_made(written: str, name: str) -> bool:
    """Whether a script makes it of something else than itself."""
    return "$" in re.sub(rf"\$(?:{name}\b|{{{name}\b[^}}]*}})", "", written) or "`" in written


def _is_added(option: str, words: t.Sequence[str], text: str) -> bool:
    """Whether there are more values of this option than the scripts make up, whatever they said when the process was started."""
    values = {word[len(option) :] for word in words if word.startswith(option)}
    written = re.findall(rf"(?<![\w.]){re.escape(option)}(\S*)", text)
    return len(values.difference(written)) > len([one for one in written if one not in values])
