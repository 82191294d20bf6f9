/** What `salt compat` says about existing files. */

const findingKinds = [
  'state',
  'argument',
  'source',
  'target',
  'function',
  'runner',
  'wheel',
  'renderer',
  'template',
  'filter',
  'grain',
  'plugin',
  'option',
  'file',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** `unsupported`: it will not work. `ineffective`: it is accepted, and does nothing here. */
export type FindingLevel = 'unsupported' | 'ineffective'

export interface Finding {
  /** As the user named its folder. */
  readonly file: string
  /** From 1 on. */
  readonly line: number
  readonly level: FindingLevel
  readonly kind: FindingKind
  /** `boto_ec2.key_present`, `py`, `_modules/disk.py` … */
  readonly name: string
  readonly what: string
  readonly instead?: string
}

/** How many uses of a kind were looked at, and how many of them will work. */
export interface KindCount {
  readonly used: number
  readonly working: number
}

export interface CompatReport {
  /** Files that were looked at. */
  readonly files: number
  readonly counts: Readonly<Partial<Record<FindingKind, KindCount>>>
  /** By file and line. */
  readonly findings: readonly Finding[]
}

/** Collects what is found, and counts what works. */
export class Findings {
  readonly #findings: Finding[] = []
  readonly #used = new Map<FindingKind, number>()
  readonly #faulty = new Map<FindingKind, number>()
  #files = 0

  file(): void {
    this.#files += 1
  }

  works(kind: FindingKind): void {
    this.#used.set(kind, (this.#used.get(kind) ?? 0) + 1)
  }

  add(finding: Finding): void {
    this.works(finding.kind)
    this.#faulty.set(finding.kind, (this.#faulty.get(finding.kind) ?? 0) + 1)
    this.#findings.push(finding)
  }

  report(): CompatReport {
    const counts = findingKinds.flatMap((kind): [FindingKind, KindCount][] => {
      const used = this.#used.get(kind)
      return used === undefined ? [] : [[kind, { used, working: used - (this.#faulty.get(kind) ?? 0) }]]
    })
    const findings = this.#findings.toSorted(
      (left, right) => compare(left.file, right.file) || left.line - right.line || compare(left.name, right.name),
    )
    return { files: this.#files, counts: Object.fromEntries(counts), findings }
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
