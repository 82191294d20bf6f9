#!/bin/sh
# Waits for one event of the minion's bus and prints its data as JSON: listen-to-minion-bus.sh [TAG]
# shellcheck disable=SC2086
exec salt event listen --minion $SALT_OPTIONS --out json --count 1 "${1:-mytag}"
