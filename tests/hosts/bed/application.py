# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application of the nodes: compiled with the compiler that comes with the image's Tomcat, and told what it imitates."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import typing as t
import zipfile
from pathlib import Path

from demo.products import StandInProduct, Table
from demo.tokens import Database
from demo.values import FORMATS
from tests.hosts.bed.host import call
from tests.hosts.bed.image import archive, cache
from tests.hosts.bed.places import APPLICATION

_JARS = "/usr/share/java"
_JETTY = ("server", "servlet", "webapp", "security", "util", "util-ajax", "http", "io", "xml")
_SERVLETS = {"tomcat": "tomcat10-servlet-api.jar", "jetty": "servlet-api.jar"}
# a JVM finds its own libraries by /proc; the mount ends with the command
_WITH_PROC = ("unshare", "--mount", "--", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"')
JAVA_CLASSES = "/usr/local/share/stand-in"


def compile_for_all(image: Path) -> None:
    """Compile it into the image, once for the cache: for Tomcat (jakarta.servlet) and for Jetty 9 (javax.servlet, its older name)."""
    kept = cache() / f"application-{_fingerprint()}"
    target = image / JAVA_CLASSES.lstrip("/")
    if kept.is_dir():
        shutil.copytree(kept, target)
        return
    _write_sources(target)
    for container in _SERVLETS:
        _compile(image, container)
    _make_jar(target / "jetty/fisheyeboot.jar", target / "jetty/classes/Boot.class")
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        shutil.copytree(target, Path(scratch, "copy")).rename(kept)


def _fingerprint() -> str:
    """Of all that the result depends on: the sources, the image, this file."""
    files = [Path(__file__), *sorted(APPLICATION.rglob("*.java"))]
    return hashlib.sha256(b"".join([archive().name.encode(), *(path.read_bytes() for path in files)])).hexdigest()[:16]


def _write_sources(target: Path) -> None:
    for container in _SERVLETS:
        shutil.copytree(APPLICATION / "standin", target / container / "sources/standin")
    for source in (target / "jetty/sources").rglob("*.java"):
        source.write_text(source.read_text(encoding="utf-8").replace("jakarta.servlet", "javax.servlet"), encoding="utf-8")
    shutil.copy(APPLICATION / "jetty/Boot.java", target / "jetty/sources")


def jetty_jars() -> list[str]:
    """What a Jetty with a web application consists of."""
    return [*(f"{_JARS}/jetty9-{part}.jar" for part in _JETTY), f"{_JARS}/{_SERVLETS['jetty']}", *DRIVERS.values()]


DRIVERS: t.Mapping[str, str] = {"postgresql": f"{_JARS}/postgresql.jar", "mariadb": f"{_JARS}/mariadb-java-client.jar"}
_DRIVER_CLASSES = {"postgresql": "org.postgresql.Driver", "mariadb": "org.mariadb.jdbc.Driver"}


def shape(product: StandInProduct, database: Database) -> dict[str, str]:
    """What the application is told of the product and of the database, by the names that Shape.java's users ask for."""
    pages, form, cookies, table = product.pages, product.form, product.cookies, product.tokens
    return {
        "title": product.title,
        "version": product.version,
        "manifest.type": product.manifest_type,
        **{f"page.{name}": getattr(pages, name) for name in ("login", "sign_in", "home", "status", "whoami", "manifest")},
        **{f"form.{name}": getattr(form, name) for name in ("username", "password", "remember_me", "ticked")},
        "header.reason": pages.reason_header,
        "cookie.remember_me": cookies.remember_me,
        "cookie.seconds": str(cookies.remember_me_seconds),
        "cookie.parts": ",".join(FORMATS[cookies.value_format].parts),
        "sql.insert": _insert_statement(table),
        "sql.insert.words": ",".join(table.columns.values()),
        "sql.owner": _owner_query(product),
        "sql.find": _find_query(product),
        "database.driver": _DRIVER_CLASSES[database.engine],
        "database.url": jdbc_url(database),
        "database.user": database.user,
        "database.password": database.password,
    }


def jdbc_url(database: Database) -> str:
    """The database as a JDBC driver names it."""
    return f"jdbc:{database.engine}://{database.host}:{database.port}/{database.name}"


# Statements are made of the stand-in's own names of tables and columns.
def _insert_statement(table: Table) -> str:
    marks = ", ".join("?" for _column in table.columns)
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"  # noqa: S608


def _owner_query(product: StandInProduct) -> str:
    users = product.users
    return f"SELECT {users.key} FROM {users.name} WHERE {users.login} = ?" if users else ""  # noqa: S608


def _find_query(product: StandInProduct) -> str:
    table, users = product.tokens, product.users
    join = f" JOIN {users.name} u ON u.{users.key} = t.{table.column('owner')}" if users else ""
    login = f"u.{users.login}" if users else f"t.{table.column('owner')}"
    return f"SELECT {login} FROM {table.name} t{join} WHERE t.{table.column('id')} = ? AND t.{table.column('token')} = ?"  # noqa: S608


def _compile(image: Path, container: str) -> None:
    folder = f"{JAVA_CLASSES}/{container}"
    sources = [f"/{path.relative_to(image)}" for path in sorted((image / folder.lstrip("/") / "sources").rglob("*.java"))]
    compiler = ("java", "-cp", f"{_JARS}/eclipse-jdt-core.jar", "org.eclipse.jdt.internal.compiler.batch.Main")
    libraries = ":".join([f"{_JARS}/{_SERVLETS[container]}", *(jetty_jars() if container == "jetty" else ())])
    call(*_WITH_PROC, str(image), *compiler, "-17", "-proc:none", "-cp", libraries, "-d", f"{folder}/classes", *sources)


def _make_jar(jar: Path, main_class: Path) -> None:
    """A jar that names its libraries relative to an install folder: lines of a manifest have 72 bytes at most."""
    relative = " ".join(f"../../..{path}" for path in jetty_jars())
    line = f"Class-Path: {relative}"
    wrapped = "\n ".join([line[:70], *(line[start : start + 69] for start in range(70, len(line), 69))])
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nMain-Class: {main_class.stem}\n{wrapped}\n")
        archive.write(main_class, main_class.name)
