import { deepMerge } from '../../base/deep-merge.ts'
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, type FunctionDefinition, fn } from '../../engine/plugin.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import { matchGlob } from '../../engine/target/glob.ts'
import { matchesInTime } from '../../engine/target/match-time.ts'
import type { TargetType } from '../../engine/target/matcher.ts'

const minionId = s.optional(s.string('Id to look at instead of that of this minion'))
const delimiter = s.withDefault(s.string('What leads into mappings'), ':')
const returns = s.boolean('Whether the target means this minion')

interface Question {
  readonly type: TargetType
  readonly tgt: unknown
  readonly minionId?: string | undefined
  readonly delimiter?: string
}

/** Throws `bad-target` with the position for a target that cannot be understood. */
function isMatched(ctx: FunctionContext, question: Question): boolean {
  const { type, tgt, delimiter: separator } = question
  const options = {
    nodegroups: ctx.config.get('nodegroups') ?? {},
    ...(separator === undefined ? {} : { delimiter: separator }),
  }
  const id = question.minionId ?? ctx.id
  return matchesInTime(compileTarget(tgt, type, options), type, { id, grains: ctx.grains, pillar: ctx.pillar })
}

/** `name:pattern` against what `data` keeps; a list matches with one of its members, a mapping with one of its keys. */
async function matchesData(ctx: FunctionContext, tgt: string): Promise<boolean> {
  const [name = '', pattern] = tgt.split(':')
  if (pattern === undefined) return false
  const found = await ctx.salt('data.getval', [name])
  if (found === null) return false
  if (Array.isArray(found)) {
    return found.some((member) => matchGlob(pattern.toLowerCase(), pythonString(member).toLowerCase()))
  }
  return isRecord(found) ? Object.hasOwn(found, pattern) : matchGlob(pattern, pythonString(found))
}

function byId(type: TargetType, doc: string, tgt: string, ...examples: readonly string[]): FunctionDefinition {
  return fn({
    doc,
    args: { tgt: s.string(tgt), minion_id: minionId },
    returns,
    examples,
    run: (ctx, args) => isMatched(ctx, { type, tgt: args.tgt, minionId: args.minion_id }),
  })
}

function byData(type: TargetType, doc: string, tgt: string, ...examples: readonly string[]): FunctionDefinition {
  return fn({
    doc,
    args: { tgt: s.string(tgt), delimiter },
    returns,
    examples,
    run: (ctx, args) => isMatched(ctx, { type, tgt: args.tgt, delimiter: args.delimiter }),
  })
}

/** What `tgt_type` of filter_by and search_by may be, with the target type it stands for. */
const typesByFunction: Readonly<Record<string, TargetType>> = {
  compound: 'compound',
  glob: 'glob',
  grain: 'grain',
  grain_pcre: 'grain_pcre',
  ipcidr: 'ipcidr',
  list: 'list',
  list_: 'list',
  pcre: 'pcre',
  pillar: 'pillar',
  pillar_pcre: 'pillar_pcre',
}

async function isMeant(
  ctx: FunctionContext,
  tgt: unknown,
  args: { readonly tgt_type: string; readonly minion_id?: string | undefined },
): Promise<boolean> {
  if (args.tgt_type === 'data') return matchesData(ctx, pythonString(tgt))
  const type = Object.hasOwn(typesByFunction, args.tgt_type) ? typesByFunction[args.tgt_type] : undefined
  if (type === undefined) {
    throw new SaltError('bad-arguments', `'${args.tgt_type}' is not a type of target.`, {
      hint: `The types are data, ${Object.keys(typesByFunction).join(', ')}.`,
    })
  }
  return isMatched(ctx, { type, tgt, minionId: args.minion_id })
}

const targetTypeArgument = s.withDefault(s.string('How the targets are written'), 'compound')

export const match = defineModule({
  name: 'match',
  doc: 'Tells whether targets mean this minion, and chooses by them.',
  functions: {
    compound: byId(
      'compound',
      'Tell whether a compound target means this minion.',
      'Expression such as `G@os:Debian and web*`',
      "salt '*' match.compound 'G@os:Debian and web*'",
    ),
    glob: byId('glob', 'Tell whether a shell-style pattern fits the id.', 'The pattern', "salt '*' match.glob 'web*'"),
    pcre: byId(
      'pcre',
      'Tell whether a regular expression fits the start of the id.',
      'The expression',
      "salt '*' match.pcre '.*'",
    ),
    list: fn({
      doc: 'Tell whether the id is one of a list.',
      args: {
        tgt: s.union([s.string(), s.array(s.string())], 'Ids, as a list or with commas'),
        minion_id: minionId,
      },
      returns,
      examples: ["salt '*' match.list 'web1,web2'"],
      run: (ctx, args) => isMatched(ctx, { type: 'list', tgt: args.tgt, minionId: args.minion_id }),
    }),
    ipcidr: fn({
      doc: 'Tell whether this minion has an address of a network.',
      args: { tgt: s.string('Address, or network with its prefix') },
      returns,
      examples: ["salt '*' match.ipcidr 192.168.44.0/24", "salt '*' match.ipcidr fd00::/8"],
      run: (ctx, args) => isMatched(ctx, { type: 'ipcidr', tgt: args.tgt }),
    }),
    grain: byData(
      'grain',
      'Tell whether a grain fits a shell-style pattern.',
      'name:pattern',
      "salt '*' match.grain 'os:Debian'",
    ),
    grain_pcre: byData(
      'grain_pcre',
      'Tell whether a grain fits a regular expression.',
      'name:expression',
      "salt '*' match.grain_pcre 'os:Deb.*'",
    ),
    pillar: byData(
      'pillar',
      'Tell whether a value of pillar fits a shell-style pattern.',
      'name:pattern',
      "salt '*' match.pillar 'cheese:foo'",
    ),
    pillar_pcre: byData(
      'pillar_pcre',
      'Tell whether a value of pillar fits a regular expression.',
      'name:expression',
      "salt '*' match.pillar_pcre 'cheese:(swiss|american)'",
    ),
    data: fn({
      doc: 'Tell whether a value that the module data keeps fits a shell-style pattern.',
      args: { tgt: s.string('name:pattern') },
      returns,
      examples: ["salt '*' match.data 'spam:eggs'"],
      run: (ctx, args) => matchesData(ctx, args.tgt),
    }),
    filter_by: fn({
      doc: 'Choose from a mapping whose names are targets: the first that means this minion.',
      args: {
        lookup: s.record(s.any(), 'Target → what to give'),
        tgt_type: targetTypeArgument,
        minion_id: minionId,
        merge: s.optional(s.record(s.any(), 'What to merge into what was chosen')),
        merge_lists: s.withDefault(s.boolean('Join lists while merging'), false),
        default: s.withDefault(s.string('Name to use where none fits'), 'default'),
      },
      returns: s.any(),
      examples: ["salt '*' match.filter_by '{web*: {role: web}, default: {role: none}}'"],
      async run(ctx, args) {
        for (const [tgt, chosen] of Object.entries(args.lookup)) {
          if (!(await isMeant(ctx, tgt, args))) continue
          return args.merge === undefined ? chosen : deepMerge(chosen, args.merge, { joinLists: args.merge_lists })
        }
        return Object.hasOwn(args.lookup, args.default) ? args.lookup[args.default] : null
      },
    }),
    search_by: fn({
      doc: 'List the names of a mapping whose lists of targets mean this minion.',
      args: {
        lookup: s.record(s.array(s.string()), 'Name → targets'),
        tgt_type: targetTypeArgument,
        minion_id: minionId,
      },
      returns: s.union([s.array(s.string()), s.null()], 'Names, one for each target that fits; null where none does'),
      examples: ["salt '*' match.search_by '{web: [web1, web2], db: [db1]}'"],
      async run(ctx, args) {
        const names: string[] = []
        for (const [name, targets] of Object.entries(args.lookup)) {
          for (const tgt of targets) if (await isMeant(ctx, tgt, args)) names.push(name)
        }
        return names.length === 0 ? null : names
      },
    }),
  },
})
