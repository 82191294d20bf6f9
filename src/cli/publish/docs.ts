import { isRecord } from '../../base/narrow.ts'
import { compareText } from '../../base/text.ts'
import type { TargetOutcome } from '../../client/api.ts'
import type { Printer } from '../printer.ts'

/** Prints the docs that `sys.doc` returned, each function once, whichever minion told it. */
export async function printDocs(outcomes: readonly TargetOutcome[], printer: Printer): Promise<void> {
  const docs = new Map<string, unknown>()
  for (const { ret } of outcomes) {
    if (!isRecord(ret?.return)) continue
    for (const [fun, doc] of Object.entries(ret.return)) {
      if (!docs.has(fun) && doc !== null && doc !== '') docs.set(fun, doc)
    }
  }
  for (const [fun, doc] of [...docs].sort(([left], [right]) => compareText(left, right))) {
    if (printer.outputter === undefined) await printer.line(`${fun}:\n${String(doc)}\n`)
    else await printer.show({ [fun]: doc })
  }
}
