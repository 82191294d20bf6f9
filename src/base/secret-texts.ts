/** Texts that must not be read in logs and events: whatever they are part of, dots stand in their place there. */
import { SaltError } from './errors.ts'
import { isRecord } from './narrow.ts'
import { dots } from './secret.ts'
import { keyText, setWritten, writtenEntries } from './written-keys.ts'

/** Shorter ones would be found in everything. */
const shortestText = 4
/** A shorter line of a text says too little to be looked for by itself. */
const shortestLine = 8
const deepest = 64

export class SecretTexts {
  /** Longest first: a secret that contains another one is hidden whole. */
  #texts: readonly string[] = []

  get size(): number {
    return this.#texts.length
  }

  get all(): readonly string[] {
    return this.#texts
  }

  /** Lines of a text count as well: a diff shows them one by one. */
  add(texts: Iterable<string>): void {
    const all = new Set(this.#texts)
    for (const text of texts) for (const part of partsOf(text)) all.add(part)
    if (all.size === this.#texts.length) return
    this.#texts = [...all].sort((left, right) => right.length - left.length)
  }

  hide(text: string): string {
    let hidden = text
    for (const secret of this.#texts) if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, dots)
    return hidden
  }

  /** The value itself where it holds none of the texts, else a copy with dots. Keys count: the tag of a state has its name. */
  hideIn<T>(value: T): T {
    if (this.#texts.length === 0) return value
    // Texts stay texts, lists lists and mappings mappings.
    return this.#hideIn(value, 0) as T
  }

  #hideIn(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.hide(value)
    if (depth > deepest) return value
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#hideIn(item, depth + 1))
      return items.some((item, index) => item !== value[index]) ? items : value
    }
    if (value instanceof Error) return this.#hideInError(value)
    if (!isRecord(value) || !isPlain(value)) return value
    const hidden: Record<string, unknown> = {}
    let isSame = true
    for (const [key, item] of writtenEntries(value)) {
      const name = keyText(key)
      const shownItem = this.#hideIn(item, depth + 1)
      const shownName = freeKey(
        this.hide(name),
        name,
        (taken) => Object.hasOwn(hidden, taken) || Object.hasOwn(value, taken),
      )
      isSame &&= shownItem === item && shownName === name
      setWritten(hidden, shownName === name ? key : shownName, shownItem)
    }
    return isSame ? value : hidden
  }

  #hideInError(error: Error): Error {
    if (error instanceof SaltError) {
      const told = error.toRecord()
      const record = this.#hideIn(told, 0)
      return record === told ? error : SaltError.fromRecord(record)
    }
    const message = this.hide(error.message)
    return message === error.message ? error : new Error(message)
  }
}

/** Nothing is lost where two keys look alike without their secrets. */
function freeKey(shown: string, key: string, isTaken: (key: string) => boolean): string {
  let free = shown
  while (free !== key && isTaken(free)) free += dots
  return free
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function partsOf(text: string): readonly string[] {
  const whole = text.trim()
  if (whole.length < shortestText) return []
  const lines = whole.includes('\n') ? whole.split('\n').map((line) => line.trim()) : []
  // What a key begins and ends with is no secret.
  return [whole, ...lines.filter((line) => line.length >= shortestLine && !line.startsWith('-----'))]
}
