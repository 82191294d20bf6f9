import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure, reasonOf } from '../../engine/state/wording.ts'

interface Answer {
  readonly question: string
  readonly type: string
  readonly value: string
}

/** Throws `execution-failed` for an answer without a type or a value. */
function answersIn(data: Readonly<Record<string, unknown>>): Answer[] {
  return Object.entries(data).map(([question, given]) => {
    const { type, value }: Readonly<Record<string, unknown>> = isRecord(given) ? given : {}
    if (typeof type !== 'string' || value === undefined)
      throw failure(`The answer to ${question} needs a type and a value`)
    if (type !== 'boolean') return { question, type, value: pythonString(value) }
    // The booleans of debconf are words of their own.
    const isTrue = value === true || (typeof value === 'string' && value !== '' && !/^false$/i.test(value))
    return { question, type, value: isTrue ? 'true' : 'false' }
  })
}

function shown({ type, value }: Answer): string {
  return type === 'password' ? '(password hidden)' : value
}

interface SetArguments {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

async function planSet(ctx: StateContext, { name, data }: SetArguments): Promise<StatePlan> {
  const found = await ctx.salt('debconf.show', [name])
  const known = Array.isArray(found) ? found.map((answer) => [answer].flat().join('\0')) : []
  const answers = answersIn(data)
  const isKnown = ({ question, type, value }: Answer): boolean => known.includes([question, type, value].join('\0'))
  const wanted = answers.filter((answer) => !isKnown(answer))
  const kept = answers.filter(isKnown).map(({ question }) => `${question} `)
  const comment = kept.length === 0 ? '' : `Unchanged answers: ${kept.join('')}`
  if (wanted.length === 0) return right(comment)
  return pending({
    comment,
    changes: Object.fromEntries(wanted.map((answer) => [answer.question, `New value: ${shown(answer)}`])),
    apply: () => setAll(ctx, name, wanted, comment),
  })
}

async function setAll(
  ctx: StateContext,
  name: string,
  answers: readonly Answer[],
  comment: string,
): Promise<StateOutcome> {
  const changes: Record<string, string> = {}
  const faults: string[] = []
  for (const answer of answers) {
    try {
      await ctx.salt('debconf.set', [name, answer.question, answer.type, answer.value])
      changes[answer.question] = shown(answer)
    } catch (error) {
      ctx.signal.throwIfAborted()
      changes[answer.question] = 'Failed to set!'
      faults.push(reasonOf(error))
    }
  }
  if (faults.length === 0) return done(comment, changes)
  return failed(`Some settings failed to be applied. ${[...new Set(faults)].join(' ')}`, changes)
}

interface FileArguments {
  readonly source: string
  readonly template?: string | undefined
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly defaults?: Readonly<Record<string, unknown>> | undefined
}

async function setFile(
  ctx: StateContext,
  { source, template, context, defaults }: FileArguments,
): Promise<StateOutcome> {
  const saltenv = ctx.saltenv
  try {
    if (template === undefined) await ctx.salt('debconf.set_file', [source], { saltenv })
    else await ctx.salt('debconf.set_template', [source, template], { context, defaults, saltenv })
    return done('Debconf selections were set.')
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Unable to set debconf selections from file. ${reasonOf(error)}`)
  }
}

const variables = s.record(s.any())

export const debconf = defineStates({
  name: 'debconf',
  doc: 'Answers that packages of Debian ask for when they are installed.',
  available: ({ grains }) => grains.os_family === 'Debian' || 'the system is not of the Debian family',
  functions: {
    set: state({
      doc: 'Set answers for a package.',
      args: {
        name: s.string('Name of the package'),
        data: s.record(s.any(), 'Question → its type (boolean, select, string, password …) and value'),
      },
      examples: [
        'postfix:\n  debconf.set:\n    - data:\n        postfix/mailname: {type: string, value: mail.example.org}\n        postfix/main_mailer_type: {type: select, value: Internet Site}',
      ],
      plan: (ctx, want) => planSet(ctx, want),
    }),
    set_file: state({
      doc: 'Set answers from a file, as debconf-get-selections prints them.',
      args: {
        name: s.string('Any text'),
        source: s.string('Path or URL of the file'),
        template: s.optional(s.string('Language of a template: jinja')),
        context: s.optional({ ...variables, description: 'Variables for the template' }),
        defaults: s.optional({ ...variables, description: 'Variables where context has none' }),
      },
      examples: ['postfix answers:\n  debconf.set_file:\n    - source: salt://postfix.selections'],
      // debconf does not tell which answers of a file it has already.
      plan: (ctx, want) =>
        pending({ comment: 'Debconf selections specified.', changes: {}, apply: () => setFile(ctx, want) }),
    }),
  },
})
