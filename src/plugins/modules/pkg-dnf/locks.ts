/** Functions of `pkg` about packages that stay at their version: the versionlock plugin. */

import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { holdFunctions } from '../../../engine/functions/packages/holds.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { normalizeRpmName } from '../../../engine/functions/packages/rpm.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { type ExecResult, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { programOf, runDnf } from './program.ts'

/** Locks as they are written: `bash-0:5.1.8-9.el9.*`, `0:bash-4.2.46-34.el7.*` of yum. */
async function locks(ctx: FunctionContext): Promise<readonly string[]> {
  const result = await runDnf(ctx, ['--quiet', 'versionlock', 'list'])
  if (result.retcode !== 0) {
    const plugin = programOf(ctx.grains) === 'yum' ? 'yum-plugin-versionlock' : 'python3-dnf-plugin-versionlock'
    throw /no such command|unknown (?:command|argument)/i.test(result.stderr + result.stdout)
      ? new SaltError('execution-failed', `Cannot proceed, ${plugin} is not installed.`, { hint: `Install ${plugin}.` })
      : new SaltError('execution-failed', faultText(result))
  }
  return result.stdout.includes('Package name:') ? paragraphLocks(result.stdout) : lineLocks(result.stdout)
}

function lineLocks(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:\d+:)?[\w+.-]+-(?:\d+:)?[^-\s]+-[^-\s]+$/.test(line))
}

/** As dnf 5 lists them: a name, then conditions such as `evr = 5.2.26-3.fc40`. */
function paragraphLocks(text: string): string[] {
  return text.split(/^(?=Package name:)/m).flatMap((part) => {
    const found = /^Package name: (\S+)/.exec(part)?.[1]
    const evr = /^evr = (\S+)/m.exec(part)?.[1]
    return found === undefined ? [] : [evr === undefined ? found : `${found}-${evr}`]
  })
}

/** The name within a lock. */
function lockedName(entry: string): string {
  return entry.replace(/^\d+:/, '').replace(/-[^-]+-[^-]+$/, '')
}

/** Each once: dnf 5 has a lock for every version. */
function namesOf(entries: readonly string[]): string[] {
  return [...new Set(entries.map(lockedName))]
}

export async function heldNames(ctx: FunctionContext): Promise<readonly string[]> {
  return namesOf(await locks(ctx))
}

export function lock(ctx: FunctionContext, target: string): Promise<ExecResult> {
  return runDnf(ctx, ['--assumeyes', 'versionlock', 'add', target])
}

export function unlock(ctx: FunctionContext, target: string): Promise<ExecResult> {
  return runDnf(ctx, ['--assumeyes', 'versionlock', 'delete', target])
}

const listHolds = fn({
  doc: 'List the packages that are held.',
  args: {
    pattern: s.optional(s.string('Regular expression that a lock must match')),
    full: s.withDefault(s.boolean('With the versions, as the locks are written'), true),
  },
  returns: s.array(s.string()),
  examples: ["salt '*' pkg.list_holds", "salt '*' pkg.list_holds full=false"],
  async run(ctx, { pattern, full }) {
    const held = await locks(ctx)
    const isMatched = new PythonRegex(pattern ?? '').searchEach(held)
    const found = held.filter((_, index) => isMatched[index])
    return full ? found : namesOf(found)
  },
})

export const lockFunctions = {
  ...holdFunctions({
    normalize: normalizeRpmName,
    async states(ctx) {
      const held = await heldNames(ctx)
      return (name) => (held.includes(name) ? 'hold' : '')
    },
    set: (ctx, name, hold) => (hold ? lock(ctx, name) : unlock(ctx, name)),
    released: '',
  }),
  list_holds: listHolds,
  get_locked_packages: { ...listHolds, examples: ["salt '*' pkg.get_locked_packages"] },
}
