#!/bin/sh
# The stop script of a STAND-IN: no @title@ runs here. The product's stops its Tomcat, too.
exec @tomcat@/bin/stop-@product@.sh
