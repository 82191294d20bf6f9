/** SLS files without templates: whoever renders them, they are the same. */

import { SharedReads } from '../files/shared-reads.ts'
import type { Value } from '../render/values/kinds.ts'
import { deepCopy } from '../render/values/plain.ts'

const filesKept = 500
const largestKept = 256 * 1024

/** What plain files say, by their texts: a thousand minions that ask at a time have most of them in common. */
export class PlainFiles {
  readonly #values = new SharedReads<Value>(filesKept)

  /** @param render asked for what is not known yet, or may be another each time. */
  async value(text: string, render: () => Promise<Value>): Promise<Value> {
    if (!isPlain(text)) return await render()
    return deepCopy(await this.#values.get(text, render))
  }
}

/** No tag of Jinja, no renderer of its own, nothing encrypted. */
function isPlain(text: string): boolean {
  return text.length <= largestKept && !text.startsWith('#!') && !/\{[{%#]/.test(text)
}
