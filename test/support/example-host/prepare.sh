#!/bin/sh
# Makes what cannot lie ready in a folder: repositories, archives, keys, links. Runs as fred; $1 becomes /srv.
set -eu
cd "$1"
export HOME="$1/fred" GIT_TEMPLATE_DIR=
mkdir -p empty git salt-minion/pki salt/releases image/etc salt-minion/cache/file_backup/srv/app
chmod 700 fred/.ssh
ln -s a.txt docs/latest
cp docs/b.txt backup/notes.txt
touch -d 2026-01-05T10:00:00Z docs/a.txt docs/b.txt backup/notes.txt

if command -v git >/dev/null; then
  git init --quiet --bare git/app.git
  git init --quiet app
  cd app
  mkdir foo
  echo 'print("one")' >foo/bar.py
  echo 'An app.' >README
  printf 'port = 80\nhost = www\n' >app.conf
  printf '# 192.168.0.1 old\n10.0.0.5 db1.example.org db1\n' >hosts
  printf '%s\n' '--- a/app.conf' '+++ b/app.conf' '@@ -1,2 +1,2 @@' '-port = 80' '+port = 8080' ' host = www' >app.patch
  printf 'rotate 4\n/var/log/wtmp {\n    rotate 1\n}\n' >logrotate.conf
  seq 1 500 >app.log
  git add . && git commit --quiet -m First && git tag -a v1.0 -m 'Version 1.0'
  echo 'print("two")' >foo/bar.py
  git commit --quiet -a -m Second
  git branch merged
  git branch old
  git branch develop
  git remote add origin "$1/git/app.git"
  git push --quiet origin main develop old v1.0
  git checkout --quiet develop
  echo 'Try it.' >>README
  git commit --quiet -a -m 'Try it'
  git push --quiet origin develop
  git checkout --quiet main
  git config foo.bar baz
  git config user.name 'Fred Foo'
  git symbolic-ref CURRENT refs/heads/main
  git clone --quiet "$1/git/app.git" ../site
  git remote set-url origin /srv/git/app.git
  git remote add upstream /srv/git/app.git
  git update-ref refs/remotes/upstream/main main
  git update-ref refs/remotes/upstream/develop develop
  cd ../git/app.git && git symbolic-ref HEAD refs/heads/main && git update-server-info
  cd ../../site
  git checkout --quiet main
  git remote set-url origin /srv/git/app.git
  echo 'print("three")' >foo/bar.py && git stash --quiet
  echo 'print("new")' >foo/new.py
  git worktree add --quiet ../hotfix develop
  # Where it will lie.
  echo /srv/hotfix/.git >.git/worktrees/hotfix/gitdir
  echo 'gitdir: /srv/site/.git/worktrees/hotfix' >../hotfix/.git
  echo 'Changed.' >>README
  echo News >news.txt && git add news.txt
  cd ..
fi
mkdir -p app
mkfifo app/pipe
cp docs/b.txt salt-minion/cache/file_backup/srv/app/hosts_Mon_Jan_05_10:00:00_000000_2026
echo '/dev/sdg /mnt/foo ext4 defaults 0 0' >image/etc/fstab
echo '/mnt/foo -fstype=smbfs ://server/share' >image/etc/auto_master
mkdir docs/.pack && cp docs/a.txt docs/b.txt docs/.pack
tar -C docs -czf backup/docs.tar.gz a.txt b.txt
gzip -nk backup/notes.txt && rm backup/notes.txt
if command -v zip >/dev/null; then
  (cd docs/.pack && zip -q ../../backup/docs.zip a.txt b.txt && mkdir app && mv a.txt b.txt app && zip -qr ../../salt/releases/app.zip app)
fi
rm -r docs/.pack
truncate -s 8192 backup/disk.img
sha512sum backup/docs.tar.gz | sed 's| .*|  docs.tar.gz|' >backup/SHA512SUMS
command -v ssh-keygen >/dev/null && ssh-keygen -q -t ed25519 -N '' -C fred@web1 -f fred/.ssh/id_ed25519

mkdir etc pki
printf '# An app.\n[web]\nport = 80\n' >etc/app.ini
if command -v openssl >/dev/null; then
  cd pki
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca.example.org -days 3650 -keyout ca.key -out ca.crt 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=www.example.org -keyout www.key -out www.csr 2>/dev/null
  openssl x509 -req -in www.csr -CA ca.crt -CAkey ca.key -set_serial 1 -days 3650 -out www.crt 2>/dev/null
  : >index.txt
  printf '[ca]\ndefault_ca = this\n[this]\ndatabase = index.txt\ndefault_md = sha256\n' >ca.cnf
  openssl ca -gencrl -config ca.cnf -keyfile ca.key -cert ca.crt -crldays 3650 -out ca.crl 2>/dev/null
  cat www.key www.crt >bundle.pem
  rm index.txt ca.cnf
  cd ..
fi

# What pip can install.
if command -v zip >/dev/null; then
  mkdir wheels wheels/flask-3.1.0.dist-info
  cd wheels
  echo '__version__ = "3.1.0"' >flask.py
  printf 'Metadata-Version: 2.1\nName: flask\nVersion: 3.1.0\n' >flask-3.1.0.dist-info/METADATA
  printf 'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >flask-3.1.0.dist-info/WHEEL
  for file in flask.py flask-3.1.0.dist-info/METADATA flask-3.1.0.dist-info/WHEEL flask-3.1.0.dist-info/RECORD; do echo "$file,,"; done >flask-3.1.0.dist-info/RECORD
  zip -qr flask-3.1.0-py3-none-any.whl flask.py flask-3.1.0.dist-info
  cd ..
fi
echo flask >app/requirements.txt
