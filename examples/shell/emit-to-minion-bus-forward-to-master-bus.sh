#!/bin/sh
# Fires events on the minion's bus that the minion hands on to its master:
#   emit-to-minion-bus-forward-to-master-bus.sh [TAG]
tag=${1:-mytag}
drip="{tag: $tag, data: {message: a drip in the bucket}}"
drop="{tag: $tag, data: {message: a drop in the bucket}}"

# shellcheck disable=SC2086
exec salt event send --minion $SALT_OPTIONS fire_master "{events: [$drip, $drop]}"
