#!/bin/sh
# The start script of a STAND-IN: no @title@ runs here. It behaves as Tomcat's catalina.sh does.
install=@tomcat@
# shellcheck source=/dev/null
. @tomcat@/bin/stand-in.sh
pid_file="$install/work/catalina.pid"

obey start_fails
pid=$(cat "$pid_file" 2>/dev/null)
if alive "$pid"; then
  echo "Tomcat (stand-in) appears to still be running with PID $pid. Start aborted." >&2
  exit 1
fi
start_node "$install/logs/catalina.out" "$pid_file" \
  -D@product@.home=@home@ -Dcatalina.base="$install" -Dcatalina.home="$install" org.apache.catalina.startup.Bootstrap start
echo "Tomcat (stand-in) started."
