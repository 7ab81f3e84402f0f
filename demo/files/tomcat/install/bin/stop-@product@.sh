#!/bin/sh
# The stop script of a STAND-IN: no @title@ runs here. It behaves as Tomcat's catalina.sh does.
install=@tomcat@
# shellcheck source=/dev/null
. @tomcat@/bin/stand-in.sh
pid_file="$install/work/catalina.pid"

obey stop_fails
pid=$(cat "$pid_file" 2>/dev/null)
if ! alive "$pid"; then
  echo "Tomcat (stand-in) did not stop: it is not running. Stop aborted." >&2
  exit 1
fi
if stop_node "$pid"; then
  rm -f "$pid_file"
  echo "Tomcat (stand-in) stopped."
else
  echo "Tomcat (stand-in) did not stop in time. PID file was not removed."
fi
