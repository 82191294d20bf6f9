/** Judges what came of the examples of states on the host of enter.sh. */
import type { ExampleRun, Fault, Need, Verdict } from './examples.ts'

/** What a state needs where its comment does not tell it in words that are known below. */
const explained: readonly (readonly [state: RegExp, need: Need, what: string])[] = [
  [/^(?:service)\./, 'system', 'systemd'],
  [
    /^(?:user|group|shadow|mount|swap|sysctl|kmod|iptables|nftables|selinux|network|timezone|locale|host|alternatives)\./,
    'privileges',
    'root',
  ],
  [/^(?:pkg|pkgrepo)\./, 'privileges', 'root'],
  [/^(?:docker_\w+)\./, 'system', 'a container engine'],
  [/^(?:salt)\./, 'system', 'a master that runs it'],
  [/^file\.mknod$/, 'privileges', 'root'],
  [/^(?:cmd)\./, 'system', 'the commands and scripts that it names'],
  [/^(?:pip|virtualenv)\./, 'system', 'the environment and packages of Python that it names'],
  [/^x509\./, 'system', 'another minion that it asks'],
  [/^file\.accumulated$/, 'system', 'the state that it gathers for'],
]

/** Words of a state about what the example takes for granted. */
const saysLacking =
  /not found|does not exist|No such file|must be a (?:directory|folder)|not present|is not (?:available|a valid)|is missing|Unable to cache/

const saysPrivileges =
  /permission denied|not permitted|only root|must be root|superuser|Failed to change (?:user|group)|EACCES|EPERM|read-only file system|not writable/i

/** What a state said on the host: it has done what the example is for, needs something, or there is something wrong. */
export function judgeState(name: string, run: ExampleRun | undefined): Verdict | Fault {
  if (run === undefined) return { fault: 'was not run' }
  if (run.unavailable !== undefined) return { needs: 'system', what: run.unavailable }
  if (run.failed === undefined) return { runs: true }
  const told = run.told ?? ''
  if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|Failed to connect|Could not resolve|receive remote host keys/.test(told))
    return { needs: 'outside', what: 'a server of the network' }
  const program = /'([^']+)' is not installed/.exec(told)?.[1]
  if (program !== undefined) return { needs: 'program', what: program }
  if (saysPrivileges.test(told)) return { needs: 'privileges', what: 'root' }
  const entry = explained.find(([state]) => state.test(name))
  if (entry !== undefined) return { needs: entry[1], what: entry[2] }
  if (saysLacking.test(told)) return { needs: 'system', what: 'the files, folders and users that it names' }
  if (/only supported on (\w+)/.test(told)) return { needs: 'system', what: 'another system' }
  return { fault: `${run.failed}: ${told}` }
}
