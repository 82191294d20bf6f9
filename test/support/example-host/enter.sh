#!/bin/sh
# Lays out the host on which the examples of the function reference run, and runs them there without privileges.
# Started as root of namespaces of its own: nothing of this is seen, or left, outside.
#   enter.sh PROJECT NODE WORD…    WORD… become the last words of the command
set -eu
project=$1
node=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 srv /srv
mkdir /srv/.host /srv/.host/node_modules
cp -R "$project/src" "$project/test" "$project/package.json" /srv/.host
chmod -R a+rX /srv/.host
mount --bind "$(realpath "$project/node_modules")" /srv/.host/node_modules
touch /srv/.host/node
mount --bind "$node" /srv/.host/node

files=/srv/.host/test/support/example-host
for file in "$files"/etc/*; do
  place=/etc/${file##*/}
  if [ -f "$place" ] && [ ! -L "$place" ]; then mount --bind "$file" "$place"; fi
done
# No way to the daemons of the real host.
mount -t tmpfs -o mode=555 run /run
# Lists of packages are large, and other on each machine.
if [ -d /var/lib/apt/lists ]; then mount -t tmpfs -o mode=555 lists /var/lib/apt/lists; fi
hostname web1
if command -v ip >/dev/null; then
  ip link set lo up
  ip address add 192.0.2.53/32 dev lo
  if ip link add eth0 type veth peer name eth1 2>/dev/null; then
    ip address add 192.168.44.7/24 dev eth0
    ip link set eth0 up
    ip link set eth1 up
    ip route add default via 192.168.44.1
  fi
fi
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start

if [ "$*" = states ]; then
  # States manage files of the system: theirs is a copy that belongs to the user who applies them.
  mkdir /srv/.system
  for folder in /etc /opt /var/backups /var/tmp; do
    mkdir -p "/srv/.system$folder" "$folder"
    [ "$folder" = /etc ] && cp -a /etc/. /srv/.system/etc 2>/dev/null || true
    mount -t tmpfs -o mode=755 system "$folder"
  done
  cp -R "$files/root/." /srv/.system
  cp -a /srv/.system/etc/. /etc
  chown -R "$EXAMPLE_OWNER" /srv/.system /etc /opt /var/backups /var/tmp
fi

mkdir /srv/.template
cp -R "$files/srv/." /srv/.template
chown -R "$EXAMPLE_OWNER" /srv/.template
chown "$EXAMPLE_OWNER" /srv
cd /srv
umask 022
exec $DROP_PRIVILEGES env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  HOME=/srv/fred USER=fred LOGNAME=fred SHELL=/bin/sh TMPDIR=/srv LANG=C.UTF-8 TZ=UTC \
  GIT_AUTHOR_DATE='2026-01-05T10:00:00Z' GIT_COMMITTER_DATE='2026-01-05T10:00:00Z' \
  /srv/.host/node --disable-warning=ExperimentalWarning "$files/run.ts" "$@"
