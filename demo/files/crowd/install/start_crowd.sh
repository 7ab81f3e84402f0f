#!/bin/sh
# The start script of a STAND-IN: no @title@ runs here. The product's starts its Tomcat, too.
exec @tomcat@/bin/start-@product@.sh
