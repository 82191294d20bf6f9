/** What user.present takes. */
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'
import type { Secret } from '../../../base/secret.ts'

const names = (what: string) => s.optional(s.array(s.string(), what))
const gecos = (what: string) => s.optional(s.string(what))
const days = (what: string) => s.optional(s.integer(what))
const idOrName = s.union([s.integer(), s.string()])

export const presentArguments = {
  name: s.string('Name of the user'),
  uid: s.optional(s.integer('Id of the user', { minimum: 0 })),
  gid: s.optional({ ...idOrName, description: 'Id or name of the primary group' }),
  usergroup: s.optional(s.boolean('Make a group of the same name, or none; as the system does by default')),
  groups: names('The other groups, which must be there; an empty list for none'),
  optional_groups: names('Other groups, of which those are taken that are there'),
  remove_groups: s.withDefault(s.boolean('Take the user out of all groups that are not named'), true),
  home: s.optional(s.path('Home folder')),
  createhome: s.withDefault(s.boolean('Make the home folder'), true),
  nologinit: s.withDefault(s.boolean('Do not enter the user in the lastlog and faillog databases'), false),
  password: s.optional({
    ...s.string('Hash of the password; the password itself with hash_password'),
    format: 'secret',
  }),
  hash_password: s.withDefault(s.boolean('Make the hash of the password first'), false),
  enforce_password: s.withDefault(s.boolean('Set the password also where the user has another one'), true),
  empty_password: s.withDefault(s.boolean('Let no password be asked for'), false),
  password_lock: s.optional(s.boolean('Whether the password is locked')),
  shell: s.optional(s.path('Login shell')),
  unique: s.withDefault(s.boolean('Refuse an id that somebody has'), true),
  system: s.withDefault(s.boolean('Choose an id from those of the system'), false),
  fullname: gecos('Full name'),
  roomnumber: gecos('Room number'),
  workphone: gecos('Phone number at work'),
  homephone: gecos('Phone number at home'),
  other: gecos('Last field of the comment'),
  date: days('Day on which the password was changed last, from 1970 on; 0: it must be changed at the next login'),
  mindays: days('Days until the password may be changed again'),
  maxdays: days('Days for which the password is good'),
  inactdays: days('Days after that until the account is locked'),
  warndays: days('Days of warning before the password must be changed'),
  expire: days('Day on which the account ends, from 1970 on'),
  allow_uid_change: s.withDefault(s.boolean('Change the id of a user who is there; files keep their owner'), false),
  allow_gid_change: s.withDefault(s.boolean('Change the primary group of a user who is there'), false),
} satisfies Record<string, Schema>

export const ignoredArguments = {
  gid_from_name: 'usergroup says it',
  loginclass: 'only BSD has login classes',
  win_homedrive: 'only Windows has it',
  win_profile: 'only Windows has it',
  win_logonscript: 'only Windows has it',
  win_description: 'only Windows has it',
}

export type UserWishes = Omit<StaticProperties<typeof presentArguments>, 'password'> & {
  /** The hash to have. */
  readonly hash: Secret | undefined
}

/** Fields of the shadow file by the argument, with the function that sets it and what Salt calls it. */
export const ageFields = [
  { arg: 'date', field: 'lstchg', fun: 'set_date', what: 'last change date' },
  { arg: 'mindays', field: 'min', fun: 'set_mindays', what: 'minimum days' },
  { arg: 'maxdays', field: 'max', fun: 'set_maxdays', what: 'maximum days' },
  { arg: 'inactdays', field: 'inact', fun: 'set_inactdays', what: 'inactivity days' },
  { arg: 'warndays', field: 'warn', fun: 'set_warndays', what: 'warn days' },
  { arg: 'expire', field: 'expire', fun: 'set_expire', what: 'expire days' },
] as const

export const gecosFields = ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const

/** Stands for a hash wherever it would be shown. */
export const redacted = 'XXX-REDACTED-XXX'
