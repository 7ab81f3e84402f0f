# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much TLS the parameters of a JDBC URL insist on, in the words of libpq. Pure.

Sources: the documentation of the drivers (pgJDBC, Connector/J, MariaDB Connector/J, mssql-jdbc, jTDS, Oracle thin). Where two versions of a
driver read a word differently, the stronger reading counts.
"""

from __future__ import annotations

import typing as t

Parameters = t.Mapping[str, str]
# what stands there is no word that the driver knows (a placeholder, for example)
UNCLEAR = "unknown"

_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")
# '' is what insists on nothing: a server without TLS would do
_PGJDBC = {"disable": "", "allow": "", "prefer": "", "require": "require", "verify-ca": "verify-ca", "verify-full": "verify-full"}
_CONNECTOR_J = {"disabled": "", "preferred": "", "required": "require", "verify_ca": "verify-ca", "verify_identity": "verify-full"}
_MARIADB = {
    **_CONNECTOR_J,
    **dict.fromkeys(("disable", *_FALSE), ""),
    "trust": "require",
    "verify-ca": "verify-ca",
    **dict.fromkeys(("verify-full", *_TRUE), "verify-full"),
}
_JTDS = {"off": "", "request": "", "require": "require", "authenticate": "verify-ca"}

_WEAKEST_FIRST = ("", "require", "verify-ca", "verify-full", UNCLEAR)


class _Unclear(Exception):
    """A value that the driver does not know."""


def tls_asked(driver: str, parameters: Parameters) -> str:
    """``require``, ``verify-ca`` or ``verify-full``; '' where nothing is insisted on, UNCLEAR where it cannot be told."""
    try:
        return DRIVERS[driver](parameters)
    except _Unclear:
        return UNCLEAR


def stronger(modes: t.Iterable[str]) -> str:
    """The strongest of these; UNCLEAR where one is."""
    return max(modes, key=_WEAKEST_FIRST.index)


def _postgresql(parameters: Parameters) -> str:
    if "sslmode" in parameters:
        return _word(parameters["sslmode"], _PGJDBC)
    # a bare "ssl" is true; the factory that checks nothing is the documented way to do without a certificate of an authority
    if not _is_on(parameters, "ssl", empty=True):
        return ""
    return "require" if parameters.get("sslfactory", "").endswith("NonValidatingFactory") else "verify-full"


def _mysql(parameters: Parameters) -> str:
    if "sslmode" in parameters:
        return _word(parameters["sslmode"], _CONNECTOR_J)
    asked = [_is_on(parameters, name) for name in ("usessl", "requiressl")]
    if not any(asked) or ("usessl" in parameters and not asked[0]):
        return ""
    return "verify-ca" if _is_on(parameters, "verifyservercertificate") else "require"


def _mariadb(parameters: Parameters) -> str:
    if "sslmode" in parameters:
        return _word(parameters["sslmode"], _MARIADB)
    if not (_is_on(parameters, "usessl") or _is_on(parameters, "requiressl")):
        return ""
    if _is_on(parameters, "trustservercertificate"):
        return "require"
    return "verify-ca" if _is_on(parameters, "disablesslhostnameverification") else "verify-full"


def _sqlserver(parameters: Parameters) -> str:
    encrypt = parameters.get("encrypt", "false").lower()
    if encrypt == "strict":
        return "verify-full"
    if encrypt == "optional" or not (encrypt == "mandatory" or _is_on(parameters, "encrypt")):
        return ""
    return "require" if _is_on(parameters, "trustservercertificate") else "verify-full"


def _jtds(parameters: Parameters) -> str:
    return _word(parameters.get("ssl", "off"), _JTDS)


def _oracle(parameters: Parameters) -> str:
    """``protocol`` is that of the address. The driver always checks who signed; the name only when it is told to."""
    if parameters.get("protocol", "").lower() != "tcps":
        return ""
    return "verify-full" if _is_on(parameters, "ssl_server_dn_match") else "verify-ca"


def _word(value: str, words: t.Mapping[str, str]) -> str:
    if value.lower() not in words:
        raise _Unclear
    return words[value.lower()]


def _is_on(parameters: Parameters, name: str, empty: bool = False) -> bool:
    value = parameters.get(name, "false").lower()
    if not value:
        return empty
    if value not in _TRUE + _FALSE:
        raise _Unclear
    return value in _TRUE


DRIVERS: t.Mapping[str, t.Callable[[Parameters], str]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mariadb,
    "sqlserver": _sqlserver,
    "jtds": _jtds,
    "oracle": _oracle,
}
