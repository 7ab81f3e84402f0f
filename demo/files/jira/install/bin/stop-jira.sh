#!/bin/sh
# The stop script of a STAND-IN: no Jira runs here. It behaves as Tomcat's catalina.sh does.
install=@install@
home=@home@
pid_file="$install/work/catalina.pid"

# kill -0 alone would also take a zombie for a process
alive() {
  [ -n "$1" ] && grep -qz . "/proc/$1/cmdline" 2>/dev/null
}

if grep -q '"stop_fails": true' "$home/stand-in.json"; then
  echo "This stand-in was told to fail its stop." >&2
  exit 1
fi
pid=$(cat "$pid_file" 2>/dev/null)
if ! alive "$pid" || ! kill -TERM "$pid"; then
  echo "Tomcat (stand-in) did not stop: it is not running. Stop aborted." >&2
  exit 1
fi
# waits a second at most; a slow node goes on stopping after the script has ended
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  if ! alive "$pid"; then
    rm -f "$pid_file"
    echo "Tomcat (stand-in) stopped."
    exit 0
  fi
  sleep 0.05
done
echo "Tomcat (stand-in) did not stop in time. PID file was not removed."
