#!/bin/sh
# Fires an event on the master's bus: emit-to-master-bus.sh [TAG]
# shellcheck disable=SC2086
exec salt event send $SALT_OPTIONS "${1:-mytag}" '{sample-msg: this is a test}' example='this is the same test'
