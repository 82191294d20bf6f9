import { basename } from 'node:path'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { type BeaconEvent, defineBeacon, looking } from '../../engine/beacon.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'

export const sh = defineBeacon({
  name: 'sh',
  doc: 'Tells of each shell that begins on a terminal: who started it, where, and how. Salt follows shells by strace and tells the commands that are given to them; this beacon does not look into them.',
  options: {
    shells: s.withDefault(s.array(s.string(), 'Names of shells beside those of /etc/shells'), []),
  },
  intervalSeconds: 5,
  examples: ['sh: {}'],
  available: onlyOn('Linux'),
  open(context, { shells: more }) {
    let before: ReadonlySet<number> | undefined
    return looking(async () => {
      const pids = numbersIn(await context.salt('ps.get_pid_list'))
      const last = before ?? new Set(pids)
      before = new Set(pids)
      const fresh = pids.filter((pid) => !last.has(pid))
      if (fresh.length === 0) return []
      const shells = new Set([...more, ...textsIn(await context.salt('cmd.shells'))].map((path) => basename(path)))
      const events: BeaconEvent[] = []
      for (const pid of fresh) {
        const event = await shellOf(pid, shells)
        if (event !== undefined) events.push(event)
      }
      return events
    })

    async function shellOf(pid: number, shells: ReadonlySet<string>): Promise<BeaconEvent | undefined> {
      const attrs = ['name', 'cmdline', 'terminal', 'username', 'ppid']
      // It may have ended by now.
      const facts = await context.salt('ps.proc_info', [pid], { attrs }).catch(() => undefined)
      if (!isRecord(facts) || typeof facts.terminal !== 'string' || !shells.has(String(facts.name))) return undefined
      const [cmd = String(facts.name), ...args] = textsIn(facts.cmdline)
      // One that runs a script, or a command that was given to it, is no place for people.
      if (args.some((word) => !word.startsWith('-') || /^-[a-zA-Z]*c/.test(word))) return undefined
      const { username: user, terminal: tty, ppid } = facts
      return { tag: String(pid), data: { cmd, args, user, tty, pid, ppid } }
    }
  },
})

function numbersIn(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : []
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
