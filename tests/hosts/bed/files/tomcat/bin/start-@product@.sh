#!/bin/sh
# The start script of a STAND-IN for @title@.
# shellcheck source=/dev/null
. @install@/bin/environment.sh
exec "$CATALINA_HOME/bin/catalina.sh" start
