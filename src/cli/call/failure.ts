/** How a call that could not be made is told, in the places where Salt tells it: the fault on stderr, the usage on stdout. */
import { didYouMean, indent } from '../../base/text.ts'
import { renderDoc } from '../../engine/functions/doc-text.ts'
import type { CallFailure } from '../../engine/functions/failure.ts'
import type { Catalogue } from '../../engine/plugin.ts'

export async function printFailure(name: string, failure: CallFailure, catalogue: Catalogue): Promise<void> {
  switch (failure.kind) {
    case 'unknown-function':
      return complain(failure.message + didYouMean(failure.nearest ?? []))
    case 'signature':
    case 'invocation': {
      complain(`\nPassed invalid arguments: ${failure.message.replace(/\.$/, '')}.\n\nUsage:`)
      const doc = failure.doc ?? (await catalogue.describe(name))
      if (doc !== undefined) process.stdout.write(`${indent(renderDoc(name, doc), '    ')}\n`)
      return
    }
    case 'missing-program':
      return complain(`Command required for '${name}' not found: ${failure.message}`)
    case 'exception':
      return complain(`The minion function caused an exception: ${failure.message} [${failure.error.code}]`)
    default:
      return complain(`Error running '${name}': ${failure.message}`)
  }
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}
