/** Pillar of one minion from files that a test writes: data files of `test/cases/pillar`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createFunctionContext } from '../../src/engine/functions/context.ts'
import { type CompiledPillar, compilePillar, type PillarHost } from '../../src/engine/pillar/compile-pillar.ts'
import type { PillarQuestion } from '../../src/engine/plugin.ts'
import { DecryptedMessages } from '../../src/engine/render/gpg/gpg-decryptor.ts'
import { FunctionHost, type LogLine, type RecordedRun } from './function-host.ts'

export interface PillarCase {
  readonly name: string
  /** Path below the test's folder → text. `base/` is the root of the environment base, unless the configuration has others. */
  readonly files?: Readonly<Record<string, string>>
  /** `$DIR` stands for the test's folder. */
  readonly config?: Readonly<Record<string, unknown>>
  /** `alpha` by default. */
  readonly id?: string
  readonly grains?: Readonly<Record<string, unknown>>
  readonly question?: PillarQuestion
  /** Recorded programs, and no others. */
  readonly programs?: Readonly<Record<string, RecordedRun>>
  readonly pillar?: unknown
  /** Regular expressions, one for each error. */
  readonly errors?: readonly string[]
}

export interface PillarOutcome extends CompiledPillar {
  readonly ran: readonly string[]
  readonly logged: readonly LogLine[]
}

export class PillarFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'salt-pillar-'))

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.put(name, text)
  }

  put(name: string, text: string | Uint8Array): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export async function compileCase(
  one: Omit<PillarCase, 'name'>,
  folder: PillarFolder,
  memory: PillarHost['memory'] = new Map(),
): Promise<PillarOutcome> {
  const text = JSON.stringify({
    pillar_roots: { base: ['$DIR/base'] },
    pillar_safe_render_error: false,
    config_dir: '$DIR',
    ...one.config,
  })
  const config = JSON.parse(text.replaceAll('$DIR', folder.path))
  const functions = new FunctionHost({ config, ...(one.programs === undefined ? {} : { programs: one.programs }) })
  const host: PillarHost = {
    config: { all: config, get: (name) => config[name] },
    log: functions.log,
    decrypted: new DecryptedMessages(),
    memory,
    contextFor: async ({ id, grains, pillar, services, log }) =>
      createFunctionContext({ ...functions.inputs, id, grains: () => grains, pillar, services, log }).context,
  }
  const compiled = await compilePillar(host, { id: one.id ?? 'alpha', grains: one.grains ?? {}, ...one.question })
  return { ...compiled, ran: functions.ran, logged: functions.logged }
}
