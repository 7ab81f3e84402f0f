#!/bin/sh
# The start script of a STAND-IN: no @title@ runs here.
install=@install@
# shellcheck source=/dev/null
. "$install/bin/stand-in.sh"
# shellcheck source=/dev/null
. "$install/bin/set-bitbucket-home.sh"
pid_file="$BITBUCKET_HOME/log/bitbucket.pid"

obey start_fails
pid=$(cat "$pid_file" 2>/dev/null)
if alive "$pid"; then
  echo "Bitbucket (stand-in) is already running with PID $pid." >&2
  exit 1
fi
start_node "$BITBUCKET_HOME/log/launcher.log" "$pid_file" \
  -Dbitbucket.home="$BITBUCKET_HOME" -Dbitbucket.install="$install" \
  com.atlassian.bitbucket.internal.launcher.BitbucketServerLauncher start
echo "Bitbucket (stand-in) is starting."
