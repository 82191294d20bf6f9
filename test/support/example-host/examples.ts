/** Judges what came of the examples of the function reference on the host of enter.sh. */

/** What one example came to. */
export interface ExampleRun {
  /** What a terminal shows, where a value was returned. */
  readonly output?: string
  readonly retcode: number
  /** Where the value is not what the function's schema says. */
  readonly misfits?: readonly string[]
  /** Error code and message, where there is no value. */
  readonly failed?: string
  readonly told?: string
  /** Why the module cannot be used here, or undefined. */
  readonly unavailable?: string
}

export const needs = {
  privileges: 'takes privileges that the tests do not have',
  program: 'takes a program that the test host does not have',
  system: 'takes a system that the test host is not',
  outside: 'changes or asks the world outside of the host',
} as const

export type Need = keyof typeof needs

/** An example has run as shown, or there is something that it needs. */
export type Verdict = { readonly runs: true } | { readonly needs: Need; readonly what: string }

export interface Fault {
  readonly fault: string
}

/** Would end or restart the host, where it could: not even tried. */
export const neverRun = /^system\.(?:halt|init|poweroff|reboot|shutdown)$/

/** Examples that show what a failure looks like. */
const failsAsShown = /\b(?:cmd\.exec_code_all|cmd\.run_all|test\.exception|test\.raise_exception|test\.retcode)\b/

/** What an example needs where its answer does not tell it in words that are known below. */
const explained: readonly (readonly [example: RegExp, need: Need, what: string])[] = [
  [
    / publish\.| event\.| mine\.| schedule\.(?:copy|move)\b| status\.(?:master|ping_master)\b| cp\.(?:push|push_dir|receive)\b/,
    'system',
    'a minion with a master',
  ],
  [
    / service\.(?:cat|enable|force_reload|reload|restart|start|stop|try_restart|systemctl_reload)\b/,
    'system',
    'systemd',
  ],
  [/ service\.(?:execs|get_running|status)\b/, 'system', 'systemd'],
  [/ service\.(?:mask)\b/, 'privileges', 'root'],
  [/ (?:user|group)\.(?:add|adduser|ch\w+|delete|deluser|members|rename)\b/, 'privileges', 'root'],
  [/ shadow\.(?:del|lock|set|unlock)_\w+/, 'privileges', 'root'],
  [/ disk\.(?:dump|format|resize2fs|tune|wipe)\b/, 'privileges', 'root'],
  [/ mount\.(?:mount|remount|swapoff|swapon)\b/, 'privileges', 'root'],
  [/ network\.(?:mod_hostname|set_hostname)\b/, 'privileges', 'root'],
  [/ timezone\.(?:get|set)_hwclock\b/, 'privileges', 'root'],
  [/ system\.set_computer_(?:desc|name)\b/, 'privileges', 'root'],
  [/ alternatives\.(?:auto|config awk choice|install|remove|set)\b/, 'privileges', 'root'],
  [/ pkg\.(?:hold|del_repo|del_repo_key)\b/, 'privileges', 'root'],
  [/ iptables\.(?:append|delete|delete_chain|flush|insert|new_chain|save|set_policy)\b/, 'privileges', 'root'],
  [/ state\.(?:pause|resume|soft_kill)\b/, 'system', 'a run of states'],
  [/ state\.event\b/, 'system', 'a minion that runs'],
  [/ cmd\.run_chroot\b/, 'privileges', 'root'],
  [/ file\.manage_file\b/, 'privileges', 'root'],
  [/ cmd\.tty\b/, 'privileges', 'root'],
  [/ file\.(?:chattr|mknod_blkdev|mknod_chrdev)\b/, 'privileges', 'root'],
  [/ file\.set_selinux_context\b/, 'system', 'SELinux'],
  [/ pkg\.download\b/, 'privileges', 'root'],
  [/ at\.at .*runas=jim/, 'system', 'the user jim'],
  [/ iptables\.get_saved_(?:policy filter INPUT|rules)$/, 'system', 'saved rules of iptables'],
  [/ pip\.\w+ .*bin_env=/, 'system', 'a virtual environment of Python'],
  [/ virtualenv\.get_/, 'system', 'a virtual environment of Python'],
  [/ docker\.\w+/, 'system', 'an Engine of Docker'],
  [/ x509\.\w+ .*ca_server=/, 'system', 'a minion with a master'],
  [/ npm\.install (?!dir=)/, 'outside', 'a package registry'],
  [/ http\.update_ca_bundle$/, 'outside', 'a web server'],
  [/ ssh\.(?:recv|set)_known_host/, 'outside', 'an SSH server'],
]

const saysPrivileges =
  /permission denied|not permitted|only root|must be root|superuser|EACCES|EPERM|Could not open lock file|read\/write access|not writable/i

/** An answer that a function gives where it did nothing. */
const nothingDone = /^(?:False|None|)$|rror|nable|ailed|no-master|no master|denied|\[\]|^-+$/

export function judge(name: string, example: string, run: ExampleRun | undefined): Verdict | Fault {
  if (neverRun.test(name)) return { needs: 'outside', what: 'a host that may be ended' }
  if (run === undefined) return { fault: 'was not run' }
  const answer = run.output?.split('\n').slice(1).join('\n').trim()
  const program = /^'([^']+)' is not installed/.exec(run.told ?? '')?.[1]
  if (run.failed === 'missing-program' && program !== undefined) return { needs: 'program', what: program }
  if (run.unavailable !== undefined) return { needs: 'system', what: run.unavailable }
  const calls = /^'(\w+)\.\w+' is not available/.exec(run.told ?? '')
  if (calls !== null && run.failed === 'unknown-function') return { needs: 'system', what: `the module ${calls[1]}` }
  if (failsAsShown.test(example)) return { runs: true }
  const done = run.failed === undefined && run.retcode === 0 && !nothingDone.test(answer ?? '')
  const entry = explained.find(([pattern]) => pattern.test(example))
  if (entry !== undefined) {
    const [, need, what] = entry
    return done ? { fault: `it has run; take it off the list of those that need ${what}` } : { needs: need, what }
  }
  if (saysPrivileges.test(run.told ?? (run.retcode === 0 ? '' : (answer ?? ''))))
    return { needs: 'privileges', what: 'root' }
  if (run.failed !== undefined) return { fault: `${run.failed}: ${run.told}` }
  if (run.misfits !== undefined) return { fault: `does not return what its schema says: ${run.misfits.join('; ')}` }
  if (run.retcode !== 0) return { fault: `return code ${run.retcode}: ${answer}` }
  return { runs: true }
}

/** The words of an example; all of them are quoted with single quotes or not at all. */
export function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}
