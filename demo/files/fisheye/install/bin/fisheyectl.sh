#!/bin/sh
# The start and stop script of a STAND-IN: no @title@ runs here. There is no pid file.
install=@install@
# shellcheck source=/dev/null
. "$install/bin/stand-in.sh"
FISHEYE_INST=@home@
export FISHEYE_INST

# by a whole argument of its command line; grep does not bear it, so it does not find itself
running_pid() {
  # shellcheck disable=SC2062  # the pattern comes by the pipe, these are files
  printf '%s' "-Dfisheye.inst=$FISHEYE_INST" | grep -slzFx -f - /proc/[0-9]*/cmdline | sed -n '1s|[^0-9]||gp'
}

case "$1" in
start)
  obey start_fails
  pid=$(running_pid)
  if alive "$pid"; then
    echo "Fisheye (stand-in) is already running with PID $pid." >&2
    exit 1
  fi
  start_node "$FISHEYE_INST/var/log/fisheye.out" /dev/null \
    -Dfisheye.inst="$FISHEYE_INST" -jar "$install/fisheyeboot.jar" start
  echo "Fisheye (stand-in) is starting."
  ;;
stop)
  obey stop_fails
  pid=$(running_pid)
  if ! alive "$pid"; then
    echo "Fisheye (stand-in) is not running." >&2
    exit 1
  fi
  if stop_node "$pid"; then
    echo "Fisheye (stand-in) has stopped."
  else
    echo "Fisheye (stand-in) did not stop in time."
  fi
  ;;
*)
  echo "usage: fisheyectl.sh start|stop" >&2
  exit 1
  ;;
esac
