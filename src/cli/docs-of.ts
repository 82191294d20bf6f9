/** `-d` without a daemon: docs of functions or runners from the registry. */
import { renderDoc } from '../engine/functions/doc-text.ts'
import type { Catalogue } from '../engine/plugin.ts'
import type { Printer } from './printer.ts'

/** Prints the docs of all whose name begins so. Resolves to 1 when there is none. */
export async function printDocsOf(
  catalogue: Pick<Catalogue, 'names' | 'describe'>,
  begin: string,
  printer: Printer,
  command: string,
): Promise<number> {
  const names = catalogue.names().filter((name) => name.startsWith(begin))
  for (const name of names) {
    const doc = await catalogue.describe(name)
    if (doc === undefined) continue
    const text = renderDoc(name, doc, command)
    if (printer.outputter === undefined) await printer.line(`${name}:\n${text}\n`)
    else await printer.show({ [name]: text })
  }
  if (names.length > 0) return 0
  process.stderr.write(`There is no documentation of anything that begins with '${begin}'.\n`)
  return 1
}
