#!/bin/sh
# The stop script of a STAND-IN: no @title@ runs here.
install=@install@
# shellcheck source=/dev/null
. "$install/bin/stand-in.sh"
# shellcheck source=/dev/null
. "$install/bin/set-bitbucket-home.sh"
pid_file="$BITBUCKET_HOME/log/bitbucket.pid"

obey stop_fails
pid=$(cat "$pid_file" 2>/dev/null)
if ! alive "$pid"; then
  echo "Bitbucket (stand-in) is not running." >&2
  exit 1
fi
if stop_node "$pid"; then
  rm -f "$pid_file"
  echo "Bitbucket (stand-in) has stopped."
else
  echo "Bitbucket (stand-in) did not stop in time. The pid file was not removed."
fi
