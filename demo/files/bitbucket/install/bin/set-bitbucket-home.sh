#!/bin/sh
# The set-bitbucket-home.sh of a STAND-IN: no @title@ runs here.
BITBUCKET_HOME=@home@
export BITBUCKET_HOME
