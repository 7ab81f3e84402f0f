#!/bin/sh
# The start script of a STAND-IN: no Jira runs here. It behaves as Tomcat's catalina.sh does.
install=@install@
home=@home@
pid_file="$install/work/catalina.pid"

# kill -0 alone would also take a zombie for a process
alive() {
  [ -n "$1" ] && grep -qz . "/proc/$1/cmdline" 2>/dev/null
}

if grep -q '"start_fails": true' "$home/stand-in.json"; then
  echo "This stand-in was told to fail its start." >&2
  exit 1
fi
pid=$(cat "$pid_file" 2>/dev/null)
if alive "$pid"; then
  echo "Tomcat (stand-in) appears to still be running with PID $pid. Start aborted." >&2
  exit 1
fi
# a session of its own and no inherited file: the caller gets its prompt back at once
setsid @python@ @server@ -Djira.home="$home" -Dcatalina.base="$install" -Dcatalina.home="$install" \
  org.apache.catalina.startup.Bootstrap start </dev/null >>"$install/logs/catalina.out" 2>&1 &
echo $! >"$pid_file"
echo "Tomcat (stand-in) started."
