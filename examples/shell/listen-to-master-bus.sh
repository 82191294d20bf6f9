#!/bin/sh
# Does something for each event of the master's bus: listen-to-master-bus.sh [TAG]
# Options of salt can be given in SALT_OPTIONS: SALT_OPTIONS='-c /srv/fleet'
tag=${1:-mytag}

# shellcheck disable=SC2086
salt event listen $SALT_OPTIONS --out line "$tag" | while IFS="$(printf '\t')" read -r tag data; do
  printf '%s said %s\n' "$tag" "$data"
done
