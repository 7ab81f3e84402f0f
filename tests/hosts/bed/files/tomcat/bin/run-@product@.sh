#!/bin/sh
# The same without going into the background.
# shellcheck source=/dev/null
. @install@/bin/environment.sh
exec "$CATALINA_HOME/bin/catalina.sh" run
