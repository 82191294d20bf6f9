/**
 * The units of the daemons for systemd, with the files that make the user and the folders of the master.
 *
 * The master needs little of its host and gets little. A minion administers it: what systemd takes away from a service, a job would
 * miss. So its unit has next to no hardening, on purpose.
 */
import { exitCodes } from '../../base/exit-codes.ts'

/** User of the master. */
const masterUser = 'salt'

/** Wrong command line, wrong rights, wrong configuration: another start would end the same way. */
const inVain = [64, 77, 78].filter((code) => exitCodes[code] !== undefined)

/** Begins what this program writes and may write anew. */
const mark = 'Written by `salt install`'

/** Whether a file is one of those that this program writes. */
export function isOwnText(text: string): boolean {
  return text.slice(0, 200).includes(mark)
}

const fileHead = `# ${mark}, which may write it anew.\n`
const head = (unit: string): string => `\
# ${mark}, which may write it anew. Changes belong in a drop-in: systemctl edit ${unit}
`

/** `[Unit]` and what both daemons need of `[Service]`. `program` is the argv of this program. */
function begin(daemon: 'master' | 'minion', program: readonly string[], more: readonly string[] = []): string {
  // As root, for all that the user of the unit is set: see below.
  const prefix = daemon === 'master' ? '!' : ''
  return `${head(`salt-${daemon}`)}
[Unit]
Description=Salt ${daemon}
Documentation=man:salt-${daemon}(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart=${prefix}${[...program, daemon, ...more].map(quoted).join(' ')}
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=5s
RestartPreventExitStatus=${inVain.join(' ')}
WatchdogSec=3min
`
}

const end = `
[Install]
WantedBy=multi-user.target
`

/** `salt-master.service`. */
export function masterUnit(program: readonly string[]): string {
  return `${begin('master', program, ['--pid-file', '/run/salt/master/salt-master.pid'])}\
KillMode=mixed
# A session and a file descriptor for each minion.
LimitNOFILE=100000

# It begins as root (the ! above), gives the users of publisher_acl their keys, and becomes this user for good.
User=${masterUser}
RuntimeDirectory=salt/master
RuntimeDirectoryMode=0711
CacheDirectory=salt/master
CacheDirectoryMode=0700
LogsDirectory=salt
StateDirectory=salt
ConfigurationDirectory=salt
UMask=0077

# Without MemoryDenyWriteExecute: the JavaScript engine writes the machine code that it runs.
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_SETGID CAP_SETUID
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallFilter=@chown @setuid
SystemCallErrorNumber=EPERM
${end}`
}

/** `salt-minion.service`. */
export function minionUnit(program: readonly string[]): string {
  return `${begin('minion', program)}\
# What jobs have started goes on while the minion restarts, be it for its own update.
KillMode=process
# A job that takes too much memory is ended by the kernel, not the minion with it.
OOMPolicy=continue
LimitNOFILE=8192

RuntimeDirectory=salt/minion
RuntimeDirectoryMode=0700
# No more hardening than this: jobs inherit it, and they administer the machine.
KeyringMode=private
${end}`
}

/** `master.d/user.conf`: the commands of root read it too, and leave the master files that it can use. */
export function masterConfiguration(): string {
  return `${fileHead}user: ${masterUser}\n`
}

/** `sysusers.d/salt.conf` */
export function masterSysusers(): string {
  return `${fileHead}u ${masterUser} - "Salt master" /var/lib/salt\n`
}

/** `tmpfiles.d/salt.conf`; keys of a master that ran as root so far go to its user. */
export function masterTmpfiles(): string {
  return `${fileHead}d /etc/salt/pki/master 0700 ${masterUser} ${masterUser} -
Z /etc/salt/pki/master - ${masterUser} ${masterUser} -
`
}

/** A word of `ExecStart=`: systemd reads quotes, backslashes, `%` and `$` in it. */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w/.:@%$=+,-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`
}
