/** Functions of `pkg` about advisories: what has to be installed to mend known faults. */
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { runDnf } from './program.ts'
import { refreshRepositories } from './versions.ts'

type Advisory = {
  readonly installed: boolean
  /** Packages with their versions. */
  readonly summary: string[]
}

/** `FEDORA-2026-1a2b3c security bash-5.2.26-3.fc40.x86_64`, with `i` in front where it is installed. */
function parseAdvisories(text: string): Record<string, Advisory> {
  const found: Record<string, Advisory> = {}
  for (const line of text.split('\n')) {
    const [, mark, id, name] =
      /^(i)?\s*([A-Z][\w:.-]*\d)\s+\S+(?:\s+\S+)?\s+(\S+-\S+-\S+)(?:\s+\d.*)?$/.exec(line) ?? []
    if (id === undefined || name === undefined) continue
    const known = found[id] ?? { installed: mark === 'i', summary: [] }
    known.summary.push(name)
    found[id] = known
  }
  return found
}

async function advisories(ctx: FunctionContext, which: 'all' | 'installed'): Promise<Record<string, Advisory>> {
  const { stdout } = await runDnf(ctx, ['--quiet', 'updateinfo', 'list', `--${which}`])
  const found = parseAdvisories(stdout)
  return which === 'all'
    ? found
    : Object.fromEntries(Object.entries(found).map(([id, one]) => [id, { ...one, installed: true }]))
}

const returns = s.record(s.record(s.any()), 'Id → whether it is installed, and the packages')

export const advisoryFunctions = {
  list_patches: fn({
    doc: 'List the advisories that the repositories know.',
    args: { refresh: s.withDefault(s.boolean('Ask the repositories anew first'), false) },
    returns,
    examples: ["salt '*' pkg.list_patches"],
    async run(ctx, { refresh }) {
      if (refresh) await refreshRepositories(ctx, {})
      return advisories(ctx, 'all')
    },
  }),
  list_installed_patches: fn({
    doc: 'List the advisories whose packages are installed.',
    extra: s.any('Further arguments, without effect here'),
    returns,
    examples: ["salt '*' pkg.list_installed_patches"],
    run: (ctx) => advisories(ctx, 'installed'),
  }),
}
