#!/bin/sh
# Fires an event on the minion's bus: emit-to-minion-bus.sh [TAG]
# shellcheck disable=SC2086
exec salt event send --minion $SALT_OPTIONS "${1:-mytag}" message='a drop in the bucket'
