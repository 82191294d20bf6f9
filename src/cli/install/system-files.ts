/** The files that make this program known to a system, by what they are for. */
import { masterConfiguration, masterSysusers, masterTmpfiles, masterUnit, minionUnit } from './units.ts'

export interface SystemFile {
  /** Absolute, before any `--root`. */
  readonly path: string
  readonly text: string
}

export interface SystemPart {
  readonly name: string
  /** One line for the help. */
  readonly doc: string
  /** `program` is the argv of this program. */
  files(program: readonly string[]): Promise<readonly SystemFile[]>
  /** What is to be done once the files are there. */
  readonly next: readonly string[]
}

export const systemParts: readonly SystemPart[] = [
  {
    name: 'master',
    doc: 'the unit of the master, its user and its folders',
    files: async (program) => [
      { path: '/etc/systemd/system/salt-master.service', text: masterUnit(program) },
      { path: '/etc/sysusers.d/salt.conf', text: masterSysusers() },
      { path: '/etc/tmpfiles.d/salt.conf', text: masterTmpfiles() },
      { path: '/etc/salt/master.d/user.conf', text: masterConfiguration() },
    ],
    next: [
      'systemd-sysusers salt.conf',
      'systemd-tmpfiles --create salt.conf',
      'systemctl daemon-reload',
      'systemctl enable --now salt-master',
    ],
  },
  {
    name: 'minion',
    doc: 'the unit of the minion',
    files: async (program) => [{ path: '/etc/systemd/system/salt-minion.service', text: minionUnit(program) }],
    next: ['systemctl daemon-reload', 'systemctl enable --now salt-minion'],
  },
  {
    name: 'completion',
    doc: 'how bash, zsh and fish complete command lines',
    files: async () => {
      const { completionScripts } = await import('../completion/scripts.ts')
      return completionScripts.map(({ path, text }) => ({ path, text }))
    },
    next: [],
  },
  {
    name: 'man',
    doc: 'the manual pages',
    files: async () => {
      const { manPages } = await import('../man-page.ts')
      return (await manPages()).map(({ name, text }) => ({ path: `/usr/local/share/man/man1/${name}`, text }))
    },
    next: [],
  },
]
