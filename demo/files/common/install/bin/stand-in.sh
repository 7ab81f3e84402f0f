#!/bin/sh
# What the scripts of every STAND-IN share: no product runs here. Read by the others with '.'.

# kill -0 alone would also take a zombie for a process
alive() {
  [ -n "$1" ] && grep -qz . "/proc/$1/cmdline" 2>/dev/null
}

# ends the script where the wish $1 is set
obey() {
  if grep -q "\"$1\": true" @home@/stand-in.json; then
    echo "This stand-in was told to fail its ${1%%_*}." >&2
    exit 1
  fi
}

# start_node LOG PID_FILE ARGUMENT..: a session of its own and no inherited file, so that the caller gets its prompt back at once
start_node() {
  log=$1 pid_file=$2
  shift 2
  setsid @python@ @server@ "$@" </dev/null >>"$log" 2>&1 &
  echo $! >"$pid_file"
}

# stop_node PID: waits a second at most; a slow node goes on stopping after the script has ended
stop_node() {
  kill -TERM "$1" || return 2
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    alive "$1" || return 0
    sleep 0.05
  done
  return 1
}
