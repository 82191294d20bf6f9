/** Functions of `pkg` about groups of packages. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { rpmTable } from '../../../engine/functions/packages/rpm.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { repositoryOptions, runDnf } from './program.ts'

const kinds = ['mandatory', 'default', 'optional', 'conditional'] as const
type Members = Readonly<Record<(typeof kinds)[number], readonly string[]>>

const group = s.string('Name of the group')
const repositories = s.any('fromrepo, enablerepo, disablerepo')

async function membersOf(
  ctx: FunctionContext,
  name: string,
  given: Readonly<Record<string, unknown>>,
): Promise<Members> {
  const { stdout, retcode } = await runDnf(ctx, [
    '--quiet',
    ...repositoryOptions(ctx.grains, given),
    'group',
    'info',
    name,
  ])
  const members = parseGroup(stdout)
  if (retcode !== 0 || kinds.every((kind) => members[kind].length === 0)) {
    throw new SaltError('execution-failed', `Group '${name}' not found`)
  }
  return members
}

/** Headings such as `Mandatory Packages:`, and a name on each line below; yum marks what is installed, dnf 5 has colons before. */
function parseGroup(text: string): Members {
  const members: Record<string, string[]> = { mandatory: [], default: [], optional: [], conditional: [] }
  let current: string[] | undefined
  for (const line of text.split('\n')) {
    const [, kind = '', first = ''] =
      /^\s*(Mandatory|Default|Optional|Conditional) packages\s*:\s*(.*)$/i.exec(line) ?? []
    const [, name] = /^\s+(?::\s*)?[-+=]?([\w.+-]+)\s*$/.exec(line) ?? []
    if (kind !== '') {
      current = members[kind.toLowerCase()]
      if (first !== '') current?.push(first.trim())
    } else if (name !== undefined) current?.push(name)
    else if (line.trim() !== '') current = undefined
  }
  return members as unknown as Members
}

export const groupFunctions = {
  group_info: fn({
    doc: 'Tell which packages a group has.',
    args: { name: group },
    extra: repositories,
    returns: s.record(s.any(), 'mandatory, default, optional and conditional packages'),
    examples: ["salt '*' pkg.group_info 'Development Tools'"],
    run: async (ctx, { name }, { extra }) => ({ group: name, ...(await membersOf(ctx, name, extra)) }),
  }),
  group_diff: fn({
    doc: 'Tell which packages of a group are installed, and which are not.',
    args: { name: group },
    extra: repositories,
    returns: s.record(s.record(s.array(s.string())), 'Kind → installed and not installed packages'),
    examples: ["salt '*' pkg.group_diff 'Development Tools'"],
    async run(ctx, { name }, { extra }) {
      const members = await membersOf(ctx, name, extra)
      const installed = await rpmTable(ctx)
      return Object.fromEntries(
        kinds.map((kind) => [
          kind,
          {
            installed: members[kind].filter((one) => installed.has(one)),
            'not installed': members[kind].filter((one) => !installed.has(one)),
          },
        ]),
      )
    },
  }),
}
