#!/bin/sh
# The same without going into the background.
. @install@/bin/environment.sh
exec "$CATALINA_HOME/bin/catalina.sh" run
