#!/usr/bin/env bash
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# host.sh PID_FILE NAME ROOT NAMESPACE CGROUP.. -- one host, until it is shut down; CGROUP are folders of its own, one in each hierarchy.
# Without a cgroup of its own each guest's systemd would manage that of this machine.
set -euo pipefail
echo "$$" > "$1"
name=$2 root=$3 namespace=$4
shift 4

while :; do
  (
    for group in "$@"; do
      mkdir -p "$group"
      echo "$BASHPID" > "$group/cgroup.procs"
    done
    exec systemd-nspawn --quiet --directory="$root" --machine="$name" --hostname="$name" --boot --register=no --keep-unit \
      --network-namespace-path="/run/netns/$namespace" --resolv-conf=off --timezone=off --link-journal=no --console=pipe
  ) && status=0 || status=$?
  # 133: the host reboots, and nspawn leaves it to its caller to start it again
  [ "$status" = 133 ] || exit "$status"
done
