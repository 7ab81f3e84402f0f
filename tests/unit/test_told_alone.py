# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts do not start a node that was told by the environment of its process alone where its home, its database or its Java is."""

from __future__ import annotations

import posixpath
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.told_alone import Disk, Nodes, environment_problem
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS

from tests.unit.fake_node import HOME, INSTALL, FakeNode

LOGIN = {"HOME": "/home/jira", "PATH": "/usr/bin:/bin"}
LINKS = {"/link": "/data", "/usr/bin/java": "/jvm/11/bin/java", "/etc/java/bin/java": "/jvm/11/bin/java"}
JAVAS = ("/jvm/11/bin/java", "/jvm/17/bin/java", "/etc/java/bin/java", "/jvm/8/bin/java", "/jvm/8/jre/bin/java")
JIRA_POINTER = "{install}/atlassian-jira/WEB-INF/classes/jira-application.properties"
STARTS = {
    "{install}/bin/start-jira.sh": b". $PRGDIR/user.sh\nexec $PRGDIR/catalina.sh start",
    "{install}/bin/user.sh": b"JIRA_USER=jira",
    "{install}/bin/catalina.sh": b'. "$CATALINA_BASE/bin/setenv.sh"\n. "$CATALINA_HOME"/bin/setclasspath.sh',
    "{install}/bin/setclasspath.sh": b"JRE_HOME=/usr\n",
}


def _problem(
    product: str,
    files: t.Mapping[str, bytes],
    environment: t.Mapping[str, str],
    *arguments: str,
    given: t.Mapping[str, str] | None = None,
    javas: tuple[str, ...] = (*JAVAS, "/usr/bin/java"),
) -> str:
    def java_in(path: str) -> str:
        found = next((one for one in (f"{folder}/java" for folder in path.split(":")) if one in javas), "")
        return LINKS.get(found, found)

    nodes = Nodes(FakeNode(files, arguments, environment), FakeNode(files, (), LOGIN if given is None else given, process=""))
    disk = Disk(lambda path: posixpath.normpath(LINKS.get(path, path)), java_in)
    return environment_problem(PRODUCTS[product], INSTALL, HOME, nodes, disk)


def _sentence(what: str, variable: str, file: str) -> str:
    path = file.format(install=INSTALL, home=HOME)
    return (
        f"its {what} is told by the environment of its process alone ({variable}), which its scripts do not get: write it into {path}, "
        "have a systemd unit start the node, or take force_reauth_service_manager=tasks"
    )


@pytest.mark.parametrize(
    ("product", "files", "environment", "arguments", "what", "file"),
    [
        ("jira", {}, {"JIRA_HOME": "/data"}, ["-Djira.home=/data"], "home folder (JIRA_HOME)", "{install}/bin/setenv.sh"),
        ("jira", {JIRA_POINTER: b"jira.home=/other"}, {"JIRA_HOME": "/data"}, [], "home folder (JIRA_HOME)", "{install}/bin/setenv.sh"),
        (
            "jira",
            {"{install}/bin/backup.sh": b"JIRA_HOME=/data"},
            {"JIRA_HOME": "/data"},
            [],
            "home folder (JIRA_HOME)",
            "{install}/bin/setenv.sh",
        ),
        (
            "jira",
            {**STARTS, "{install}/bin/setenv.sh": b'# -Djira.home=/data\nJIRA_HOME_MINUSD="-Djira.home=$JIRA_HOME"'},
            {"CATALINA_OPTS": "-Djira.home=/data"},
            ["-Djira.home=/data"],
            "home folder (CATALINA_OPTS)",
            "{install}/bin/setenv.sh",
        ),
        ("bamboo", {}, {"BAMBOO_HOME": "/data"}, [], "home folder (BAMBOO_HOME)", "{install}/bin/setenv.sh"),
        ("bitbucket", {}, {"BITBUCKET_HOME": "/data"}, [], "home folder (BITBUCKET_HOME)", "{install}/bin/set-bitbucket-home.sh"),
        (
            "bitbucket",
            {"{install}/bin/set-bitbucket-home.sh": b"BITBUCKET_HOME=/data"},
            {"BITBUCKET_HOME": "/data", "BITBUCKET_SHARED_HOME": "/nfs"},
            [],
            "shared home folder (BITBUCKET_SHARED_HOME)",
            "{install}/bin/set-bitbucket-home.sh",
        ),
        (
            "bitbucket",
            {"{home}/shared/bitbucket.properties": b"jdbc.url=jdbc:postgresql://old/b"},
            {"JDBC_URL": "jdbc:postgresql://new/b"},
            [],
            "database (JDBC_URL)",
            "{home}/shared/bitbucket.properties",
        ),
        (
            "bitbucket",
            {"{home}/nfs/bitbucket.properties": b"jdbc.url=jdbc:postgresql://old/b"},
            {"JDBC_URL": "jdbc:postgresql://new/b"},
            ["-Dbitbucket.shared.home=${bitbucket.home}/nfs"],
            "database (JDBC_URL)",
            "{home}/nfs/bitbucket.properties",
        ),
        ("bitbucket", {}, {"JDBC_PASSWORD": "x"}, [], "database (JDBC_PASSWORD)", "{home}/shared/bitbucket.properties"),
        ("fisheye", {}, {"FISHEYE_INST": "/data"}, ["-Dfisheye.inst=/data"], "home folder (FISHEYE_INST)", "{install}/bin/fisheyectl.sh"),
        (
            "confluence",
            {},
            {"CONFLUENCE_HOME": "/data"},
            [],
            "home folder (CONFLUENCE_HOME)",
            "{install}/confluence/WEB-INF/classes/confluence-init.properties",
        ),
        (
            "crowd",
            {},
            {"JAVA_OPTS": "-Xmx1g -Dcrowd.home=/data"},
            ["-Dcrowd.home=/data"],
            "home folder (JAVA_OPTS)",
            "{install}/crowd-webapp/WEB-INF/classes/crowd-init.properties",
        ),
    ],
)
def test_what_the_environment_of_the_process_alone_tells_is_a_problem(
    product: str, files: dict[str, bytes], environment: dict[str, str], arguments: list[str], what: str, file: str
) -> None:
    name, variable = what.rstrip(")").split(" (")
    assert _problem(product, files, environment, *arguments) == _sentence(name, variable, file)


@pytest.mark.parametrize(
    ("product", "files", "environment", "arguments"),
    [
        ("jira", {JIRA_POINTER: b"jira.home=/data"}, {}, []),
        ("jira", {JIRA_POINTER: b"jira.home=/data"}, {"JIRA_HOME": "/data/"}, ["-Djira.home=/data/"]),
        ("jira", {JIRA_POINTER: b"jira.home=/link"}, {"JIRA_HOME": "/data"}, []),
        ("jira", {"{install}/bin/setenv.sh": b'JIRA_HOME="/data"'}, {"JIRA_HOME": "/data"}, ["-Djira.home=/data"]),
        ("jira", {"{install}/bin/user.sh": b'JIRA_HOME="/data"'}, {"JIRA_HOME": "/data"}, []),
        # by a link to it
        ("jira", {"{install}/bin/start-jira.sh": b"JIRA_HOME=/link", JIRA_POINTER: b"jira.home=/other"}, {"JIRA_HOME": "/data"}, []),
        (
            "jira",
            {**STARTS, "{install}/bin/setenv.sh": b'export JAVA_OPTS="-Djira.home=/data"'},
            {"JAVA_OPTS": "-Djira.home=/data/"},
            ["-Djira.home=/data/"],
        ),
        (
            "jira",
            {**STARTS, "{install}/bin/setenv.sh": b'export JAVA_OPTS="-Djira.home=/dataX"'},
            {"JAVA_OPTS": "-Djira.home=/dataX"},
            ["-Djira.home=/dataX"],
        ),
        (
            "jira",
            {**STARTS, "{install}/bin/setenv.sh": b'export JAVA_OPTS="-Xmx1g -Djira.home=/data"'},
            {"JAVA_OPTS": "-Xmx1g -Djira.home=/data"},
            ["-Djira.home=/data"],
        ),
        ("jira", {}, {}, ["-Djira.home=/data"]),
        (
            "confluence",
            {"{install}/confluence/WEB-INF/classes/confluence-init.properties": b"confluence.home=/data"},
            {"CONFLUENCE_HOME": "/other"},
            [],
        ),
        (
            "bitbucket",
            {"{install}/bin/set-bitbucket-home.sh": b'[ -z "$BITBUCKET_HOME" ] && export BITBUCKET_HOME=/data'},
            {"BITBUCKET_HOME": "/data", "BITBUCKET_SHARED_HOME": f"{HOME}/shared"},
            ["-Dbitbucket.home=/data"],
        ),
        # of the two ways in which an argument may name it, the second
        (
            "bitbucket",
            {"{install}/bin/start-bitbucket.sh": b"JVM_ARGS=-Djdbc.user=b\nexec java -Djdbc.password=x $JVM_ARGS"},
            {"JVM_SUPPORT_RECOMMENDED_ARGS": "-Djdbc.user=b -Djdbc.password=x"},
            ["-Djdbc.user=b", "-Djdbc.password=x"],
        ),
        ("fisheye", {}, {"FISHEYE_INST": INSTALL}, [f"-Dfisheye.inst={INSTALL}"]),
        ("fisheye", {"{install}/bin/fisheyectl.sh": b"FISHEYE_INST=/data"}, {"FISHEYE_INST": "/data"}, ["-Dfisheye.inst=/data"]),
        ("crowd", {"{install}/start_crowd.sh": b"x -Dcrowd.home='/data'"}, {"JAVA_OPTS": "-Dcrowd.home=/data"}, ["-Dcrowd.home=/data"]),
        (
            "crowd",
            {
                "{install}/start_crowd.sh": b"exec apache-tomcat/bin/catalina.sh",
                "{install}/apache-tomcat/bin/catalina.sh": b". setenv.sh",
                "{install}/apache-tomcat/bin/setenv.sh": b"JAVA_OPTS=-Dcrowd.home=/data",
            },
            {"JAVA_OPTS": "-Dcrowd.home=/data"},
            ["-Dcrowd.home=/data"],
        ),
    ],
)
def test_what_the_scripts_find_too_is_none(
    product: str, files: dict[str, bytes], environment: dict[str, str], arguments: list[str]
) -> None:
    assert _problem(product, files, environment, *arguments) == ""


def test_what_the_account_of_the_run_has_in_its_own_environment_the_scripts_get_too() -> None:
    options = {"JAVA_OPTS": "-Djira.home=/data"}
    assert _problem("jira", {}, options, "-Djira.home=/data", given={**LOGIN, **options}) == ""
    assert _problem("jira", {}, {"JIRA_HOME": "/data"}, given={**LOGIN, "JIRA_HOME": "/data"}) == ""
    assert _problem("jira", {}, {"JAVA_HOME": "/jvm/17"}, given={**LOGIN, "JAVA_HOME": "/jvm/17"}) == ""


@pytest.mark.parametrize(
    ("environment", "javas"),
    [
        ({"JAVA_HOME": "/jvm/17"}, JAVAS),
        ({"JRE_HOME": "/jvm/17"}, JAVAS),
        ({"JAVA_HOME": "/jvm/17"}, (*JAVAS, "/usr/bin/java")),
        ({"JAVA_HOME": "/gone"}, JAVAS),
    ],
    ids=["none on the path", "a JRE", "another on the path", "not there, and none on the path"],
)
def test_a_java_that_the_scripts_do_not_find_is_a_problem(environment: dict[str, str], javas: tuple[str, ...]) -> None:
    expected = _sentence("Java", next(iter(environment)), "{install}/bin/setenv.sh")
    assert _problem("jira", STARTS, environment, javas=javas) == expected
    assert _problem("fisheye", {}, environment, javas=javas) == _sentence("Java", next(iter(environment)), "{install}/bin/fisheyectl.sh")


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({}, {}),
        ({}, {"JAVA_HOME": "/jvm/11"}),
        ({}, {"JAVA_HOME": "/etc/java"}),
        ({}, {"JAVA_HOME": "/gone"}),
        ({"{install}/jre/bin/java": b""}, {"JRE_HOME": f"{INSTALL}/jre"}),
        ({"{install}/jre/bin/java": b""}, {"JAVA_HOME": "/jvm/17"}),
        ({"{install}/bin/setenv.sh": b"JRE_HOME=/jvm/17; export JRE_HOME"}, {"JRE_HOME": "/jvm/17"}),
        ({"{install}/bin/user.sh": b"export JAVA_HOME=$(readlink -f /x)"}, {"JAVA_HOME": "/jvm/17"}),
    ],
    ids=[
        "no variable",
        "the same",
        "the same by links",
        "one that is gone",
        "the installation's",
        "the installation's goes before",
        "by setenv.sh",
        "by a script, somehow",
    ],
)
def test_a_java_that_the_scripts_find_is_none(files: dict[str, bytes], environment: dict[str, str]) -> None:
    assert _problem("jira", {**STARTS, **files}, environment) == ""


def test_a_java_of_version_8_is_known_by_either_of_its_two_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LINKS, "/usr/bin/java", "/jvm/8/jre/bin/java")
    assert _problem("jira", STARTS, {"JAVA_HOME": "/jvm/8"}) == ""


# as Jira's own scripts, and Confluence's, make up the options of Java
OWN = {
    **STARTS,
    "{install}/bin/setenv.sh": b"""
# JVM_SUPPORT_RECOMMENDED_ARGS="-Dhttp.proxyHost=proxy"
: ${JVM_SUPPORT_RECOMMENDED_ARGS:=}
: ${JVM_MAXIMUM_MEMORY:=2048m}
JVM_REQUIRED_ARGS='-Djava.awt.headless=true -Datlassian.standalone=JIRA'
JVM_OPENS=$(cat $PRGDIR/java-opens.txt)
JAVA_OPTS="-Xmx${JVM_MAXIMUM_MEMORY} ${JAVA_OPTS} ${JVM_REQUIRED_ARGS} ${JVM_SUPPORT_RECOMMENDED_ARGS} ${JVM_OPENS}"
export JAVA_OPTS
CATALINA_OPTS="-Xms1024m -Xmx4096m -XX:+UseG1GC ${CATALINA_OPTS}"
CATALINA_OPTS="-Xlog:gc*:file=$LOGBASEABS/logs/gc-`date +%F`.log:tags -Dx.path=${CONTEXT} ${CATALINA_OPTS}"
export CATALINA_OPTS
""",
}
OWN_JAVA = "-Xmx2048m  -Djava.awt.headless=true -Datlassian.standalone=JIRA --add-opens=java.base/java.lang=ALL-UNNAMED"
OWN_CATALINA = "-Xlog:gc*:file=/opt/jira/logs/gc-2026-01-01.log:tags -Dx.path=/jira -Xms1024m -Xmx4096m -XX:+UseG1GC"
TOMCAT = (
    "-Djdk.tls.ephemeralDHKeySize=2048 -Djava.protocol.handler.pkgs=org.apache.catalina.webresources -Dsun.io.useCanonCaches=false "
    "-Dorg.apache.catalina.security.SecurityListener.UMASK=0027"
)
SETENV = "{install}/bin/setenv.sh"


@pytest.mark.parametrize(
    ("environment", "what", "variable"),
    [
        ({"JVM_MAXIMUM_MEMORY": "16g", "JAVA_OPTS": OWN_JAVA.replace("2048m", "16g")}, "heap size", "JVM_MAXIMUM_MEMORY"),
        (
            {"JVM_SUPPORT_RECOMMENDED_ARGS": "-Dhttp.proxyHost=proxy", "JAVA_OPTS": f"{OWN_JAVA} -Dhttp.proxyHost=proxy"},
            "set of Java options",
            "JVM_SUPPORT_RECOMMENDED_ARGS",
        ),
        ({"CATALINA_OPTS": f"{OWN_CATALINA} -javaagent:/opt/agent.jar=s3cret"}, "set of Java options", "CATALINA_OPTS"),
        ({"CATALINA_OPTS": f"{OWN_CATALINA} -Xms16g"}, "set of Java options", "CATALINA_OPTS"),
        ({"CATALINA_OPTS": f"{OWN_CATALINA} -XX:+UseZGC"}, "set of Java options", "CATALINA_OPTS"),
        ({"JAVA_OPTS": f"{OWN_JAVA} -Duser.timezone=UTC"}, "set of Java options", "JAVA_OPTS"),
        ({"JAVA_TOOL_OPTIONS": "-javaagent:/opt/agent.jar"}, "set of Java options", "JAVA_TOOL_OPTIONS"),
        ({"LC_ALL": "/of/somebody"}, "language or time zone", "LC_ALL"),
        ({"TZ": "../../etc/shadow"}, "language or time zone", "TZ"),
    ],
)
def test_java_options_and_a_language_of_the_process_alone_are_a_problem_by_their_variable(
    environment: dict[str, str], what: str, variable: str
) -> None:
    assert _problem("jira", OWN, environment) == _sentence(what, variable, SETENV)


def test_java_options_of_the_process_alone_belong_into_the_start_script_of_a_product_without_a_tomcat() -> None:
    files = {"{install}/bin/fisheyectl.sh": b'CMD="$JAVACMD $FISHEYE_OPTS -jar fisheyeboot.jar"'}
    expected = _sentence("set of Java options", "FISHEYE_OPTS", "{install}/bin/fisheyectl.sh")
    assert _problem("fisheye", files, {"FISHEYE_OPTS": "-Xmx4g"}) == expected
    # none of its scripts reads that one
    assert _problem("fisheye", files, {"JAVA_OPTS": "-Xmx4g", "JVM_MAXIMUM_MEMORY": "4g"}) == ""


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({}, {"JAVA_OPTS": f"{OWN_JAVA} {TOMCAT}", "CATALINA_OPTS": OWN_CATALINA}),
        ({}, {"JAVA_OPTS": OWN_JAVA, "CATALINA_OPTS": f"{OWN_CATALINA} {OWN_CATALINA}"}),
        ({}, {"CATALINA_OPTS": OWN_CATALINA.replace("4096m", "2048m")}),
        ({SETENV: b'JVM_MAXIMUM_MEMORY="16g"'}, {"JVM_MAXIMUM_MEMORY": "16g"}),
        ({SETENV: b"export JVM_MAXIMUM_MEMORY=${HEAP}"}, {"JVM_MAXIMUM_MEMORY": "16g"}),
        (
            {SETENV: b". /etc/default/jira\necho $JVM_MAXIMUM_MEMORY", "/etc/default/jira": b"JVM_MAXIMUM_MEMORY='16g'"},
            {"JVM_MAXIMUM_MEMORY": "16g"},
        ),
        ({SETENV: b"JVM_SUPPORT_RECOMMENDED_ARGS=$(cat /etc/options)"}, {"JVM_SUPPORT_RECOMMENDED_ARGS": "-Dhttp.proxyHost=proxy"}),
        ({SETENV: b"CATALINA_OPTS='-Dhttp.nonProxyHosts=*.example.org'"}, {"CATALINA_OPTS": "-Dhttp.nonProxyHosts=*.example.org"}),
        ({SETENV: b"JAVA_OPTS='-Xmx1g'"}, {"JVM_MAXIMUM_MEMORY": "16g"}),
        ({SETENV: b"export TZ=/odd"}, {"TZ": "/odd"}),
        ({SETENV: b'. "$CATALINA_BASE/conf/jvm.conf"\nexport JAVA_OPTS'}, {"JAVA_OPTS": "-Dhttp.proxyHost=proxy"}),
        ({SETENV: b'for i in /etc/jira.d/*.conf; do . "$i"; done\nexport JAVA_OPTS'}, {"JAVA_OPTS": "-Dhttp.proxyHost=proxy"}),
        ({SETENV: b'EXTRA="$(cat /etc/args)"\nMORE=$EXTRA\nJAVA_OPTS="-Xmx1g ${MORE}"'}, {"JAVA_OPTS": "-Xmx1g -Dhttp.proxyHost=proxy"}),
        (
            {SETENV: b'for s in http https; do JAVA_OPTS="$JAVA_OPTS -D$s.proxyHost=p"; done'},
            {"JAVA_OPTS": "-Dhttp.proxyHost=p -Dhttps.proxyHost=p"},
        ),
        ({SETENV: b'P=-Dhttp.\nJAVA_OPTS="${P}proxyHost=p"'}, {"JAVA_OPTS": "-Dhttp.proxyHost=p"}),
        ({SETENV: b"export JVM_MAXIMUM_MEMORY=4g"}, {"JVM_MAXIMUM_MEMORY": "8g"}),
        ({}, {"JDK_JAVA_OPTIONS": " --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED"}),
        ({}, {"LANG": "", "TZ": "", "JAVA_TOOL_OPTIONS": " "}),
    ],
    ids=[
        "what scripts and Tomcat make up",
        "made up twice",
        "a value that was changed in the script since",
        "a size that a script sets",
        "a size that a script takes from elsewhere",
        "by a file that a script reads in",
        "by a command",
        "in quotes",
        "a variable that no script reads",
        "a time zone that a script sets",
        "by a file in a folder that is known when it runs",
        "by files that are found when it runs",
        "by a command, in two steps",
        "names that are put together",
        "a name that begins in another variable",
        "a size that was changed in the script since",
        "modules that Tomcat opens",
        "empty",
    ],
)
def test_java_options_that_the_scripts_make_up_or_may_make_up_are_none(files: dict[str, bytes], environment: dict[str, str]) -> None:
    assert _problem("jira", {**OWN, **files}, environment) == ""


def test_java_options_that_the_scripts_get_too_are_none() -> None:
    own = {"JVM_MAXIMUM_MEMORY": "16g", "CATALINA_OPTS": "-Dproxy", "LANG": "de_DE.UTF-8"}
    assert _problem("jira", OWN, own, given={**LOGIN, **own}) == ""


def test_a_script_that_cannot_be_read_says_nothing() -> None:
    class Closed(FakeNode):
        def read(self, path: str) -> bytes | None:
            if path.endswith("/set-java.sh"):
                raise SessionsError("closed")
            return super().read(path)

    files = {"{install}/bin/fisheyectl.sh": b". set-java.sh", "{install}/bin/set-java.sh": b"JAVA_HOME=/jvm/17"}
    nodes = Nodes(Closed(files, (), {"JAVA_HOME": "/jvm/17"}), Closed(files, (), LOGIN, process=""))
    problem = environment_problem(PRODUCTS["fisheye"], INSTALL, HOME, nodes, Disk(str, lambda _path: ""))
    assert problem == _sentence("Java", "JAVA_HOME", "{install}/bin/fisheyectl.sh")
    assert _problem("fisheye", files, {"JAVA_HOME": "/jvm/17"}) == ""
