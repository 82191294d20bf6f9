/** Writes the reference pages of options, error codes and exit codes from their tables. `--check` only compares. */
import { errorKinds } from '../src/base/errors.ts'
import { exitCodes } from '../src/base/exit-codes.ts'
import { toJson } from '../src/base/json.ts'
import { compareText } from '../src/base/text.ts'
import { expectation } from '../src/base/validate.ts'
import { acceptedSaltKeys, acceptedSaltPrefixes } from '../src/engine/options/accepted-salt-keys.ts'
import { masterTable } from '../src/engine/options/master-table.ts'
import { minionTable } from '../src/engine/options/minion-table.ts'
import type { Option, OptionTable } from '../src/engine/options/option.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

export function configurationPages(): readonly Page[] {
  return [
    { path: 'configuration-master.md', text: optionsPage('master', masterTable) },
    { path: 'configuration-minion.md', text: optionsPage('minion', minionTable) },
    { path: 'error-codes.md', text: errorPage() },
    { path: 'exit-codes.md', text: exitPage() },
  ]
}

function optionsPage(role: 'master' | 'minion', options: OptionTable): string {
  const entries = Object.entries(options).sort(([a], [b]) => compareText(a, b))
  return `${generatedNote(`src/engine/options/${role}-table.ts`)}

# Configuration of the ${role}

\`salt ${role}\` reads \`/etc/salt/${role}\` and then \`/etc/salt/${role}.d/*.conf\`; \`-c FOLDER\` or the variable \`SALT_CONFIG_DIR\`
names another folder. The files are YAML. A key of a later file replaces that of an earlier one; the mappings of files that one
\`include\` reads are merged. A missing file means the defaults below.

An option that does not exist, a value of the wrong kind, or a file that is no YAML is an error that names file and line, and the
nearest option there is. Keys that only your own modules read are named in \`custom_options\`.

Paths marked "below \`root_dir\`" lie below that folder even where they begin with a slash, so that \`root_dir: /home/me/salt\` moves
all of it.

${entries.map(([name, option]) => optionSection(name, option)).join('\n\n')}

## Accepted without effect

These keys of Salt may stand in the file and change nothing here. Modules can read them with \`config.get\`. So may the keys that the other
daemon knows, the name of every [returner](returners.md), below which its options lie, every key with a point or colon in its name (\`mysql.host\`), and those that begin with
${acceptedSaltPrefixes.map((prefix) => `\`${prefix}\``).join(', ')}.

${[...acceptedSaltKeys]
  .filter((key) => !Object.hasOwn(options, key))
  .sort(compareText)
  .map((key) => `\`${key}\``)
  .join(', ')}
`
}

function optionSection(name: string, option: Option): string {
  const facts = [
    `Value: ${expectation(option.schema)}${option.isPath ? ', below `root_dir`' : ''}.`,
    option.initial === undefined || option.initial === ''
      ? 'Not set by default.'
      : `Default: \`${toJson(option.initial)}\`.`,
    ...(option.isOurs ? ['Salt has no such option.'] : []),
  ]
  return `### ${name}\n\n${option.doc}\n\n${facts.join(' ')}`
}

function errorPage(): string {
  const rows = Object.entries(errorKinds)
    .sort(([a], [b]) => compareText(a, b))
    .map(([code, { doc, exit, http }]) => [`\`${code}\``, doc, String(exit), String(http)])
  return `${generatedNote('src/base/errors.ts')}

# Error codes

Every error has one of these codes. It is printed with the message, is in \`--out json\`, and travels over the wire; it does not change
from one version to the next.

${table(['Code', 'Meaning', 'Exit code', 'HTTP status'], rows)}
`
}

function exitPage(): string {
  const rows = Object.entries(exitCodes).map(([exit, meaning]) => {
    const codes = Object.entries(errorKinds).filter(([, kind]) => String(kind.exit) === exit)
    return [exit, meaning, codes.map(([code]) => `[\`${code}\`](error-codes.md)`).join(', ')]
  })
  return `${generatedNote('src/base/exit-codes.ts')}

# Exit codes

All commands end with one of these. \`salt call --retcode-passthrough\` ends with the return code of the function instead.

${table(['Code', 'Meaning', 'Errors'], rows)}
`
}

if (import.meta.main) publishPages(configurationPages())
