/** Manual pages in roff (man(7)) from the tables that `--help` comes from. */
import { exitCodes } from '../base/exit-codes.ts'
import { type Command, commands } from './commands.ts'
import { optionNames } from './help-text.ts'
import type { CommandSpec, OptionGroup } from './options/option.ts'

export interface ManPage {
  /** `salt-key.1` */
  readonly name: string
  readonly text: string
}

const aboutSalt = 'run functions on many machines at once'

/** The page of `salt` itself and one for each command. */
export async function manPages(): Promise<readonly ManPage[]> {
  const { spec } = await import('./salt.ts')
  const pages = [{ name: 'salt.1', text: page(spec, aboutSalt, commandSection()) }]
  for (const { name, doc, load } of commands) {
    const { spec } = await load()
    if (spec !== undefined) pages.push({ name: `salt-${name}.1`, text: page(spec, lowered(doc)) })
  }
  return pages
}

function page(spec: CommandSpec, about: string, more: readonly string[] = []): string {
  const name = spec.name.replaceAll(' ', '-')
  const groups = spec.groups.flatMap(groupSection)
  return `${[
    `.\\" Written by \`salt install\` or \`npm run docs\` from the tables below src/cli.`,
    `.TH ${quoted(name.toUpperCase())} 1 "" "Salt in one file" "Salt"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(about)}`,
    '.SH SYNOPSIS',
    `.B ${escaped(spec.name)}`,
    line(spec.usage),
    '.SH DESCRIPTION',
    line(spec.about),
    ...more,
    ...(groups.length === 0 ? [] : ['.SH OPTIONS', ...groups]),
    ...exampleSection(spec),
    '.SH "EXIT STATUS"',
    ...Object.entries(exitCodes).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, line(meaning)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B SALT_CONFIG_DIR',
    line('Folder of the configuration where -c is not given; otherwise /etc/salt.'),
    '.SH "SEE ALSO"',
    seeAlso(name),
  ].join('\n')}\n`
}

function commandSection(): readonly string[] {
  const rows = commands.flatMap(({ name, doc }) => ['.TP', `.B ${escaped(`salt ${name}`)}`, line(`${doc}.`)])
  return ['.SH COMMANDS', line('A first word that is none of these is a target.'), ...rows]
}

function groupSection({ title, options }: OptionGroup): readonly string[] {
  const shown = options.filter(({ refused }) => refused === undefined)
  if (shown.length === 0) return []
  const rows = shown.flatMap((option) => ['.TP', `.B ${quoted(optionNames(option))}`, line(option.doc)])
  return [...(title === 'Options' ? [] : [`.SS ${quoted(title)}`]), ...rows]
}

function exampleSection({ examples }: CommandSpec): readonly string[] {
  if (examples.length === 0) return []
  return [
    '.SH EXAMPLES',
    ...examples.flatMap((example) => ['.TP', `.B ${quoted(example.line)}`, line(`${example.doc}`)]),
  ]
}

function seeAlso(name: string): string {
  const names = ['salt', ...commands.map((command: Command) => `salt-${command.name}`)].filter(
    (other) => other !== name,
  )
  return names.map((other, index) => `.BR ${escaped(other)} (1)${index < names.length - 1 ? ' ,' : ''}`).join('\n')
}

/** Text of a line of its own: what begins with a period or an apostrophe would be a request. Words in backticks are bold. */
function line(text: string): string {
  const marked = escaped(text.replaceAll('\n', ' ')).replaceAll(/\\\(ga(.*?)\\\(ga/g, '\\fB$1\\fR')
  return /^[.']/.test(marked) ? `\\&${marked}` : marked
}

/** An argument of a request that may hold blanks. */
function quoted(text: string): string {
  return `"${escaped(text)}"`
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
