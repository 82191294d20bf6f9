/** Entries of the shadow file. Only root may read them: for anybody else there are none. */
import { s } from '../../../base/schema.ts'
import { databaseLines, isAskable } from '../../../engine/functions/name-service.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

export const name = s.string('Name of the user')
export const root = s.optional(s.path('Folder of another system to work in'))

export interface ShadowEntry {
  readonly name: string
  readonly passwd: string
  readonly lstchg: number
  readonly min: number
  readonly max: number
  readonly warn: number
  readonly inact: number
  readonly expire: number
}

export async function findEntry(
  ctx: FunctionContext,
  name: string,
  root: string | undefined,
): Promise<ShadowEntry | undefined> {
  if (!isAskable(name)) return undefined
  const lines = await databaseLines(ctx, 'shadow', [name], root)
  return lines.map(entryOf).find((entry) => entry.name === name)
}

function entryOf([name = '', passwd = '', ...fields]: string[]): ShadowEntry {
  const [lstchg = -1, min = -1, max = -1, warn = -1, inact = -1, expire = -1] = fields.map((field) =>
    field === '' ? -1 : Number(field),
  )
  return { name, passwd, lstchg, min, max, warn, inact, expire }
}

export function rootWords(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['-R', folder]
}

const days = (what: string) =>
  s.union([s.integer(), s.literal([''])], `${what}; -1: none; empty: there is no such user`)

export const infoFunction = fn({
  doc: 'Tell what the shadow file holds of a user. All values are empty where there is no such user, or for anybody but root.',
  args: { name, root },
  returns: s.object({
    name: s.string(),
    passwd: s.string('The hash; after an exclamation mark where it is locked'),
    lstchg: days('Day of the last change, from 1970 on'),
    min: days('Days until it may be changed'),
    max: days('Days until it must be changed'),
    warn: days('Days of warning before that'),
    inact: days('Days after that until the account is locked'),
    expire: days('Day when the account ends, from 1970 on'),
  }),
  examples: ["salt '*' shadow.info root"],
  async run(ctx, args) {
    const none = { name: '', passwd: '', lstchg: '', min: '', max: '', warn: '', inact: '', expire: '' } as const
    return (await findEntry(ctx, args.name, args.root)) ?? none
  },
})
