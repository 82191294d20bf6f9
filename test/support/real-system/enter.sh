#!/bin/sh
# Runs a command on a copy of this system: an overlay whose upper layer lies in memory, so that everything may be changed there.
# Started as root of namespaces of its own (mount, pid, net, uts, ipc).
#   enter.sh SCRATCH READ_ONLY_FOLDERS COMMAND…    folders with colons between them are shown as they are
set -eu
scratch=$1
shown=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 scratch "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$scratch/root"
root=$scratch/root
# What the command runs from may lie on other file systems, which an overlay does not show.
old_ifs=$IFS
IFS=:
for folder in $shown; do
  mkdir -p "$root$folder"
  mount --bind "$folder" "$root$folder"
  mount -o remount,bind,ro "$root$folder"
done
IFS=$old_ifs
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# No way to the daemons of the real system, and none to its kernel.
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=555 sys "$root/sys"
mount -t tmpfs -o mode=1777 tmp "$root/var/tmp"
hostname real1
ip link set lo up
exec chroot "$root" "$@"
