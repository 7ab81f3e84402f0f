#!/bin/sh
# The start and stop script of a STAND-IN for @title@: the Jetty is a real one, the application in it is none of the product.
FISHEYE_INST=@home@
export FISHEYE_INST

# by a whole argument of its command line; grep does not bear it, so it does not find itself
running_pid() {
  # shellcheck disable=SC2062  # the pattern comes by the pipe, these are files
  printf '%s' "-Dfisheye.inst=$FISHEYE_INST" | grep -slzFx -f - /proc/[0-9]*/cmdline | sed -n '1s|[^0-9]||gp'
}

case "$1" in
start)
  setsid java -Xms32m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.security.egd=file:/dev/urandom \
    -Dfisheye.inst="$FISHEYE_INST" -Dstand.in="$FISHEYE_INST/stand-in.properties" -Dstand.in.port=@port@ -Dstand.in.webapp=@install@/content \
    -jar @install@/fisheyeboot.jar start </dev/null >>"$FISHEYE_INST/var/log/fisheye.out" 2>&1 &
  ;;
stop)
  pid=$(running_pid)
  [ -n "$pid" ] || { echo "Fisheye (stand-in) is not running." >&2; exit 1; }
  kill "$pid"
  ;;
*)
  echo "usage: fisheyectl.sh start|stop" >&2
  exit 1
  ;;
esac
