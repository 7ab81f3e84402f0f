# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that talk to the token database."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the tokens are; and where a run keeps its archives."""

    DOCUMENTATION = r"""
options:
  product:
    description:
      - The product, by its name in the catalogue, for example V(jira).
    type: str
    required: true
  engine:
    description:
      - The database engine, one of V(postgresql), V(sqlite), V(mysql), V(mariadb), V(sqlserver), V(oracle), V(hsqldb), V(h2).
      - SQL Server and Oracle are refused unless O(accept_untested_engine=true), H2 always. The message has the SQL to run by hand.
      - The files of HSQLDB are opened as the account that owns them, in a process of its own, by the jar in O(database_jar). What reads
        does so in a copy of them beside them, also while the product runs. What changes is refused while a process has them open; it
        copies them first, closes them with C(SHUTDOWN COMPACT), opens them once more and counts; else it puts the copy back.
    type: str
    required: true
  database_host:
    description:
      - Where the server answers. Must be given where the engine has a server, also when it is C(localhost).
      - A value that begins with C(/) is a unix socket, for PostgreSQL its folder, for MySQL and MariaDB the socket itself.
    type: str
    default: ""
  database_port:
    description:
      - The server's port. When not given, the usual one of the engine. V(0), which is what M(dcops.atlassian_sessions.product_detect)
        returns for a port that is not known, is an error where the engine has a server with a port.
    type: int
  database_name:
    description:
      - The name of the database, not empty. For SQLite the path of the file, for HSQLDB that of its files without their
        suffix, for Oracle the service name, or the SID after a colon.
    type: str
    required: true
  database_user:
    description:
      - The account; it needs to read and delete, and to put back tokens also to insert.
    type: str
    default: ""
  database_password:
    description:
      - The account's password, sent as UTF-8. It is never returned, logged or put into a message.
      - It is sent in clear text only over a unix socket, or where O(database_ssl_mode) makes TLS certain (for MySQL and MariaDB, where TLS
        is in use). A server that asks for it otherwise is refused.
    type: str
    default: ""
  database_schema:
    description:
      - The schema of the product's tables. When empty, the table is looked for in all schemas, and must be found in exactly one.
    type: str
    default: ""
  database_ssl_mode:
    description:
      - How TLS is used, in the words of PostgreSQL's libpq, V(disable), V(allow), V(prefer), V(require), V(verify-ca) or V(verify-full).
      - Empty, V(allow) and V(prefer) use TLS where the server offers it, and check no certificate.
      - V(verify-full) checks who has signed the certificate, and that it is for O(database_host); V(verify-ca) who has signed it;
        V(require) neither, unless O(database_ssl_ca) is given.
      - For MySQL and MariaDB V(disable) also takes a key of the server to encrypt the password with, which anybody on the network could
        send.
      - SQL Server and Oracle are refused with V(require) and more, because their drivers are not told of TLS.
    type: str
    default: ""
  database_ssl_ca:
    description:
      - The file with the certificates of those who may sign the server's certificate.
      - When empty, for PostgreSQL C(~/.postgresql/root.crt) of the account that runs the module, for MySQL and MariaDB those of the system.
    type: path
    default: ""
  database_jar:
    description:
      - For HSQLDB, the jar that the product itself brings, or the folder in which the product is installed, with one such jar below it.
      - Neither the jar nor a folder above it may be open to accounts other than C(root) and the owner of the database's files.
    type: path
    default: ""
  accept_untested_engine:
    description:
      - Whether an engine may be used that this collection was never run on.
    type: bool
    default: false
requirements:
  - SQLAlchemy 2.0 or newer
  - psycopg2 for PostgreSQL; with a libpq older than 16 only with TLS, or over a unix socket
  - JPype1 and Java for HSQLDB; C(JAVA_HOME) says where Java is, when it is in no usual place
  - PyMySQL for MySQL and MariaDB, with cryptography for accounts of MySQL 8
notes:
  - The requirements are those of the host on which the module runs. Where C(isal) is installed, archives are compressed faster.
"""

    # for the modules that write archives
    FOLDER = r"""
options:
  archive_dir:
    description:
      - The folder that holds archives and records of all runs. Folders below it are made, for this account alone (V(0700)).
      - Whether files can be kept there is tried with one that is removed at once, also in check mode.
      - Archives hold live logins, keep the folder on an encrypted disk and out of general backups.
    type: path
    required: true
  run_id:
    description:
      - The run to which this belongs, 1 to 64 of the characters C(A-Z a-z 0-9 . _ -).
    type: str
    required: true
  archive_recipients:
    description:
      - For whom archives are encrypted with age, each a public key of age (C(age1..)) or of ssh (C(ssh-ed25519), C(ssh-rsa)).
      - Then their names end in C(.age), and the host needs C(pyrage) 1.2 or newer. Not encrypted when empty.
    type: list
    elements: str
    default: []
  archive_key:
    description:
      - A secret of 32 random characters or more. Of it a further recipient is made, so that the run reads its own archives, right after
        they are written and, by another module, later.
      - When empty that recipient is random, and forgotten with the end of the module.
    type: str
    default: ""
"""

    # for the modules that can treat some users
    USERS = r"""
options:
  usernames:
    description:
      - Treat the tokens of these users alone, at most 1000, by the names with which they sign in, in any case.
      - Where the token table holds keys or ids, the product's own table of users is asked for them, and a name that it does not know is an
        error. Elsewhere a name that holds no token is a note.
      - When not given, every user is treated. An empty list is an error, and so is null.
    type: list
    elements: str
  exclude_usernames:
    description:
      - Treat the tokens of all users but these, and those that belong to nobody. Cannot be given together with O(usernames).
    type: list
    elements: str
    default: []
"""
