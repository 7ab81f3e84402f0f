#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out what is installed on a node, how it is set up, and what controls it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: product_detect
short_description: Find out what Atlassian product a node runs, its database, addresses, cookies and what starts and stops it
version_added: 0.1.0
description:
  - Reads the settings of one installation and looks at its process. It changes nothing.
  - Where the nodes of a cluster are not alike it also asks the node's own status page for its part.
  - Run it on the node, as root or as the account of the product.
  - What is not known is said to be unknown, with the place that was looked at.
    A file that cannot be understood is an error with path and line.
  - Passwords are never returned, also where they stand in the files in plain text. Of JDBC addresses, command lines and environments
    only the named parts are returned.
options:
  product:
    description:
      - The product, by its name in the catalogue, for example V(jira). Empty means to find out.
    type: str
    default: ""
  install_dir:
    description:
      - The install folder. Empty means that of the running process, else the usual folder.
    type: path
    default: ""
  home_dir:
    description:
      - The home folder of the node. Empty means to find out.
    type: path
    default: ""
  node_url:
    description:
      - Where the node itself answers, with its context path. Empty means its own connector.
    type: str
    default: ""
  service:
    description:
      - The systemd unit that starts and stops the node. Empty means the one that holds the process.
    type: str
    default: ""
  service_manager:
    description:
      - What starts and stops the node. V(auto) is the systemd unit that holds the process, else the product's own scripts.
        A unit that may not be the product's own, or that holds another installation, too, is a problem in RV(control).
      - With V(tasks) the user's own task files do, and nothing is checked here.
    type: str
    choices: [auto, systemd, scripts, tasks]
    default: auto
  site_url:
    description:
      - The public address of the site. From the settings of the node when empty.
    type: str
    default: ""
    version_added: 0.2.0
  validate_certs:
    description:
      - Whether the certificate of an https address is checked, when the node is asked for its part in the cluster.
    type: bool
    default: true
    version_added: 0.2.0
  request_timeout:
    description:
      - For how many seconds one request may take.
    type: int
    default: 10
    version_added: 0.2.0
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.node_ready
"""

EXAMPLES = r"""
- name: Find out what runs here
  dcops.atlassian_sessions.product_detect:
  register: node

- name: Look at one of two installations
  dcops.atlassian_sessions.product_detect:
    product: jira
    install_dir: /opt/atlassian/jira-test
    service: jira-test.service
  register: node
"""

RETURN = r"""
product:
  description: The name in the catalogue.
  returned: success
  type: str
  sample: jira
title:
  description: The product's name for people.
  returned: success
  type: str
  sample: Jira
version:
  description: The installed version, empty when no file tells it.
  returned: success
  type: str
  sample: 9.12.2
install_dir:
  description: The install folder.
  returned: success
  type: str
  sample: /opt/atlassian/jira
install_dir_by:
  description: V(process) where nothing but the process of the product tells of that folder, so that it is not found while the node is down.
  returned: success
  type: str
  sample: host
home_dir:
  description: The home folder of the node (the local one of a cluster).
  returned: success
  type: str
  sample: /var/atlassian/application-data/jira
home_identity:
  description: Boot id of the host, device and inode of the home folder, alike for every name of it.
  returned: success
  type: str
  sample: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:64769:131087"
node_id:
  description: The name of the node in its cluster, empty when there is none.
  returned: success
  type: str
  sample: node1
clustered:
  description: Whether the settings make it a node of a cluster, or what could tell so cannot be read.
  returned: success
  type: bool
  sample: true
role_in_cluster:
  description:
    - The part of the node in a cluster whose nodes are not alike, V(primary) or V(secondary), empty where all are alike or it is not up.
    - V(unknown) where its status page gives no answer, or a state that both have, as a paused Bamboo does.
  returned: success
  type: str
  sample: ""
restart_order:
  description: Nodes with a higher number are restarted later.
  returned: success
  type: int
  sample: 0
url:
  description: Where the node itself answers, with the context path. Empty when not known.
  returned: success
  type: str
  sample: http://127.0.0.1:8080/jira
port:
  description: The port of RV(url), V(0) when not known.
  returned: success
  type: int
  sample: 8080
context_path:
  description: The context path, empty for the root.
  returned: success
  type: str
  sample: /jira
proxy:
  description: The public C(scheme), C(name) and C(port) (V(0) when not set) that the connector is told of. Empty when it is told of none.
  returned: success
  type: dict
  sample: {"scheme": "https", "name": "jira.example.org", "port": 443}
site_url:
  description: The public address by those settings, empty when there are none.
  returned: success
  type: str
  sample: https://jira.example.org/jira
database:
  description:
    - The database by the node's settings. A part that is not known is empty or V(0), and RV(facts) tells why.
    - C(doubts) tells, for each of C(engine), C(host), C(port), C(name) and C(user) that is not certain, why. Nothing should be deleted from
      a database of which one of them is in doubt, unless somebody gives it.
    - C(hosts) holds the hosts of an address that names several; none of them is chosen then.
    - C(ssl_mode) is the TLS that the JDBC URL insists on, in the words of PostgreSQL's libpq, V(require), V(verify-ca) or V(verify-full);
      empty where it insists on none, V(unknown) where it cannot be told.
  returned: success
  type: dict
  sample:
    engine: postgresql
    host: db1.example.org
    hosts: []
    doubts: {}
    port: 5432
    name: jira
    schema: public
    user: jira
    ssl_mode: verify-full
    jndi: false
    embedded: false
    encrypted_password: true
process:
  description:
    - The process of the installation; with several the one with the lowest pid, and C(count) tells how many.
    - C(unit) is the systemd service whose cgroup holds it, C(user) its account, empty where real and effective account differ.
    - C(strangers) is a clause on processes that bear the arguments of the product, and run in a container, or as an account that owns
      nothing of the installation, with what to do about them; empty when there is none. C(seconds) is the time since its start, V(-1) when
      none runs.
  returned: success
  type: dict
  sample:
    running: true
    identity: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:4711:123456"
    pid: 4711
    user: jira
    unit: jira.service
    count: 1
    seconds: 1036800
    strangers: ""
control:
  description:
    - What starts and stops the node. C(problem) is a sentence when that would not work, else empty.
    - C(start_command) starts beside the product what runs beside it now, such as the search server that Bitbucket bundles. A node that is
      down does not tell, and it is the script alone.
    - C(locale) is what the process has of C(LANG), C(LC_*) and C(TZ), which its scripts get, too.
  returned: success
  type: dict
  sample:
    manager: systemd
    unit: jira.service
    account: jira
    start_script: /opt/atlassian/jira/bin/start-jira.sh
    stop_script: /opt/atlassian/jira/bin/stop-jira.sh
    start_command: [/opt/atlassian/jira/bin/start-jira.sh]
    stop_command: [/opt/atlassian/jira/bin/stop-jira.sh]
    locale: {"LANG": "de_DE.UTF-8"}
    problem: ""
sessions:
  description:
    - Where the container keeps its sessions (C(kept) is V(memory), V(disk), V(elsewhere), V(replicated), V(outside) or
      V(unknown)) and by which finding.
    - V(disk) is a file written at a stop and loaded at a start; C(names) are the names of such files, C(saved) those that are there.
    - Where the work folder cannot be looked into, and V(memory) is certain, C(names) is empty, and the fact C(sessions.saved) says why.
    - V(elsewhere) is such a file outside the work folder of the installation.
  returned: success
  type: dict
  sample:
    kept: memory
    where: "/opt/atlassian/jira/conf/context.xml:12 StandardManager without a file"
    names: [SESSIONS.ser]
    saved: []
cookies:
  description: The names of the session cookie and of the remember-me cookie, as they are set up.
  returned: success
  type: dict
  sample: {"session": "JSESSIONID", "remember_me": "seraph.rememberme.cookie"}
account:
  description: The account that the module ran as.
  returned: success
  type: str
  sample: root
sign_on:
  description:
    - Whether the single sign-on of another C(server) signs the users of this product in. C(state) is V(on), V(off) or V(unknown);
      RV(facts) tells where that stands. C(address) is where that server is, by C(crowd.properties), empty where that is not known.
    - Where it is on, or an authenticator is set up that is not known, people may come back without a password.
  returned: success
  type: dict
  sample: {"server": "Crowd", "address": "", "state": "off"}
survives:
  description: What neither the purge nor the restart ends.
  returned: success
  type: list
  elements: str
  sample: [personal access tokens]
facts:
  description:
    - Each finding, how sure it is (C(certain), C(likely), C(default), C(unknown)) and where it stands
      (path and line, process, or why it is not known).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "node_id", "value": "node1", "sure": "certain", "source": "/var/atlassian/application-data/jira/cluster.properties:3"}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_reader import detect
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS


def main() -> None:
    """Look."""
    module = AnsibleModule(
        argument_spec={
            "product": {"type": "str", "default": ""},
            "install_dir": {"type": "path", "default": ""},
            "home_dir": {"type": "path", "default": ""},
            "node_url": {"type": "str", "default": ""},
            "service": {"type": "str", "default": ""},
            "service_manager": {"type": "str", "choices": ["auto", "systemd", "scripts", "tasks"], "default": "auto"},
            **{name: WEB_OPTIONS[name] for name in ("site_url", "validate_certs", "request_timeout")},
        },
        supports_check_mode=True,
    )
    try:
        answer = detect(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **answer})


if __name__ == "__main__":
    main()
