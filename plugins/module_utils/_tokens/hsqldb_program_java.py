# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HSQLDB in the Java of one process, its values as plain JSON. Runs in hsqldb_program.py's process."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import Failed

# no file of Java's own in a folder that others read, no signal of its own; quick to start
_JAVA = (
    *("-Xrs", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:-UsePerfData", "-XX:+DisableAttachMechanism"),
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
)

Json = t.Any


class Hsqldb:
    """HSQLDB in the Java of this process."""

    def __init__(self, jar: str) -> None:
        try:
            import jpype
        except ImportError:
            raise Failed("jpype") from None
        self._jpype = jpype
        try:
            jpype.startJVM(*_JAVA, classpath=[jar], convertStrings=False)
        except (OSError, RuntimeError, ValueError, jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
            raise Failed("java") from None
        try:
            self._driver = jpype.JClass("org.hsqldb.jdbcDriver")()
        except (TypeError, jpype.JException):
            raise Failed("jar") from None
        self.version = str(self.open("mem:force_reauth", "sa", "").getMetaData().getDatabaseProductVersion())

    def open(self, place: str, user: str, password: str) -> t.Any:
        """A connection; without auto-commit."""
        properties = self._jpype.java.util.Properties()
        for name, value in (("user", user), ("password", password)):
            properties.setProperty(name, value)
        with self.errors():
            connection = self._driver.connect(f"jdbc:hsqldb:{place}", properties)
            connection.setAutoCommit(False)
        return connection

    @contextlib.contextmanager
    def errors(self) -> t.Iterator[None]:
        """Errors of Java by their numbers."""
        try:
            yield
        except self._jpype.JException as error:
            known = isinstance(error, self._jpype.JClass("java.sql.SQLException"))
            raise Failed("sql" if known else "java failed", str(error.getErrorCode()) if known else "") from None

    def bind(self, statement: t.Any, values: t.Sequence[Json]) -> None:
        """Set the values of a statement, each in its type."""
        for position, value in enumerate(values, start=1):
            if value is None:
                statement.setNull(position, self._jpype.java.sql.Types.VARCHAR)
            elif isinstance(value, bool):
                statement.setBoolean(position, value)
            elif isinstance(value, int):
                statement.setLong(position, value)
            elif isinstance(value, dict):
                statement.setBigDecimal(position, self._jpype.java.math.BigDecimal(value["decimal"]))
            else:
                statement.setString(position, value)

    def value(self, value: t.Any) -> Json:
        """A value of a row: NULL, a boolean, a whole number, a decimal or text. No other kind is read."""
        java = self._jpype.java
        if value is None:
            return None
        if isinstance(value, java.lang.String):
            return str(value)
        if isinstance(value, java.lang.Boolean):
            return bool(value)
        if isinstance(value, java.math.BigDecimal):
            return {"decimal": str(value.toPlainString())}
        if isinstance(value, (java.lang.Long, java.lang.Integer, java.lang.Short, java.lang.Byte)):
            return int(value)
        raise Failed("kind of value")
