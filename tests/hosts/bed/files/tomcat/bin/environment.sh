#!/bin/sh
# What the scripts of a STAND-IN for @title@ share: the Tomcat is a real one, the application in it is none of the product.
# Read by the others with '.'.
export CATALINA_HOME=/usr/share/tomcat10
export CATALINA_BASE=@install@
export CATALINA_PID=@install@/work/catalina.pid
export CATALINA_OUT=@install@/logs/catalina.out
export JAVA_OPTS='-Xms32m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.security.egd=file:/dev/urandom'
export CATALINA_OPTS='-D@product@.home=@home@ -Dstand.in=@home@/stand-in.properties'
