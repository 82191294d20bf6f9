/** How long passwords and accounts are good for, with chage. */
import { s } from '../../../base/schema.ts'
import { assertOperand, changes } from '../../../engine/functions/host-programs.ts'
import { fn } from '../../../engine/plugin.ts'
import { findEntry, name, root, rootWords } from './entry.ts'

interface DaysFunction {
  readonly fun: string
  readonly arg: string
  readonly key: 'inact' | 'max' | 'min' | 'warn'
  readonly option: string
  readonly doc: string
  readonly example: number
}

function daysFunction({ fun, arg, key, option, doc, example }: DaysFunction) {
  return fn({
    doc,
    args: { name, [arg]: s.integer('Number of days; -1: none'), root },
    returns: s.boolean('Whether it is so now'),
    examples: [`salt '*' shadow.${fun} fred ${example}`],
    async run(ctx, args) {
      const { user, days } = { user: String(args.name), days: Number(args[arg]) }
      const folder = args.root === undefined ? undefined : String(args.root)
      assertOperand(user, 'the name of a user')
      if ((await findEntry(ctx, user, folder))?.[key] === days) return true
      await changes(ctx, ['chage', ...rootWords(folder), option, String(days), user])
      return (await findEntry(ctx, user, folder))?.[key] === days
    },
  })
}

const date = s.union([s.string(), s.integer()], 'As YYYY-MM-DD, or as a number of days from 1970 on; -1: none')

export const ageFunctions = {
  set_inactdays: daysFunction({
    fun: 'set_inactdays',
    arg: 'inactdays',
    key: 'inact',
    option: '-I',
    doc: 'Set how many days after the password must have been changed the account is locked.',
    example: 7,
  }),
  set_maxdays: daysFunction({
    fun: 'set_maxdays',
    arg: 'maxdays',
    key: 'max',
    option: '-M',
    doc: 'Set for how many days a password is good.',
    example: 90,
  }),
  set_mindays: daysFunction({
    fun: 'set_mindays',
    arg: 'mindays',
    key: 'min',
    option: '-m',
    doc: 'Set how many days must go by before a password may be changed again.',
    example: 7,
  }),
  set_warndays: daysFunction({
    fun: 'set_warndays',
    arg: 'warndays',
    key: 'warn',
    option: '-W',
    doc: 'Set how many days before the password must be changed the user is warned.',
    example: 7,
  }),
  set_date: fn({
    doc: 'Set the day on which the password was changed last. 0 makes the user change it at the next login.',
    args: { name, date, root },
    returns: s.boolean(),
    examples: ["salt '*' shadow.set_date fred 0"],
    run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      return changes(ctx, ['chage', ...rootWords(args.root), '-d', String(args.date), args.name])
    },
  }),
  set_expire: fn({
    doc: 'Set the day on which an account ends.',
    args: { name, expire: date, root },
    returns: s.boolean(),
    examples: ["salt '*' shadow.set_expire fred '2030-12-31'"],
    run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      return changes(ctx, ['chage', ...rootWords(args.root), '-E', String(args.expire), args.name])
    },
  }),
}
