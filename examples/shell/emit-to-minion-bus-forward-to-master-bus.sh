#!/bin/sh
# Fires events on the minion's bus that the minion hands on to its master:
#   emit-to-minion-bus-forward-to-master-bus.sh [TAG]
tag=${1:-mytag}
# shellcheck disable=SC2086
exec salt event send --minion $SALT_OPTIONS fire_master "
  events:
    - {tag: $tag, data: {message: a drip in the bucket}}
    - {tag: $tag, data: {message: a drop in the bucket}}
"
