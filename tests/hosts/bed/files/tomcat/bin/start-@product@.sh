#!/bin/sh
# The start script of a STAND-IN for @title@.
. @install@/bin/environment.sh
exec "$CATALINA_HOME/bin/catalina.sh" start
