/** What the reference pages of functions and of states have in common: arguments, and examples with what they show. */
import { expectation } from '../src/base/validate.ts'
import type { FunctionDoc } from '../src/engine/plugin.ts'
import { needs } from '../test/support/example-host/examples.ts'
import type { ExampleRecord } from '../test/support/example-host/record.ts'
import { table } from './pages.ts'

/**
 * No table where there is no argument.
 *
 * @param nameDefault What an argument `name` is that is left out, where it is not required.
 */
export function argumentsTable({ args, rest, extra }: FunctionDoc, nameDefault = 'required'): string[] {
  const rows = Object.entries(args).map(([arg, schema]) => [
    `\`${arg}\``,
    expectation(schema),
    schema['x-optional'] === true
      ? `\`${JSON.stringify(schema.default ?? null)}\``
      : arg === 'name'
        ? nameDefault
        : 'required',
    schema.description ?? '',
  ])
  if (rest !== undefined) rows.push(['`*args`', expectation(rest), '', rest.description ?? ''])
  if (extra !== undefined) rows.push(['`**kwargs`', expectation(extra), '', extra.description ?? ''])
  return rows.length === 0 ? [] : [table(['Argument', 'Value', 'Default', 'Meaning'], rows)]
}

/**
 * The examples, each with what it shows where that is known; then what the tests do with them. Command lines that show nothing
 * stand together, state files alone.
 */
export function exampleBlocks(examples: readonly string[], record: ExampleRecord, language: 'sh' | 'yaml'): string[] {
  const block = (lines: readonly string[]): string => `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``
  const blocks: string[] = []
  let silent: string[] = []
  for (const example of examples) {
    silent.push(example)
    const recorded = record[example]
    const shown = recorded === undefined || recorded === 'runs' || !('shows' in recorded) ? undefined : recorded.shows
    if (shown === undefined && language === 'sh') continue
    blocks.push(block(silent), ...(shown === undefined ? [] : [`\`\`\`text\n${shown}\n\`\`\``]))
    silent = []
  }
  if (silent.length > 0) blocks.push(block(silent))
  const mark = markOf(examples, record)
  return mark === undefined ? blocks : [...blocks, mark]
}

function markOf(examples: readonly string[], record: ExampleRecord): string | undefined {
  const recorded = examples.flatMap((example) => (record[example] === undefined ? [] : [record[example]]))
  const lacking = recorded.flatMap((one) => (one !== 'runs' && 'needs' in one ? [one] : []))
  if (recorded.length === 0) return undefined
  if (lacking.length === 0) return '*Run by the tests.*'
  const reasons = [...new Set(lacking.map(({ needs: need, what }) => `${needs[need]} (${what})`))].join(', or ')
  return lacking.length === recorded.length
    ? `*Not run by the tests: it ${reasons}.*`
    : `*Run by the tests, but for what ${reasons}.*`
}
