/** The programs in `examples/`, run as their readers would run them. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programArgv, projectRoot, Running } from './program.ts'

export const languages = ['node', 'python', 'shell'] as const
export type Language = (typeof languages)[number]

const folder = join(projectRoot, 'examples')

/** Where a bus is: the arguments of the programs, and for those that use `salt` its options. */
export interface ExampleBus {
  readonly words: readonly string[]
  readonly saltOptions: string
}

/** The Python that has what the examples need, or why there is none. */
export function findPython(): { readonly python?: string; readonly skip: string | false } {
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      execFileSync(python, ['-c', 'import zmq, nacl.bindings'], { stdio: 'ignore' })
      return { python, skip: false }
    } catch {
      // The next one.
    }
  }
  return { skip: 'no Python with the packages zmq and nacl (Debian: python3-zmq, python3-nacl)' }
}

/** Runs examples; `bin` becomes a folder with the program `salt`. */
export class Examples {
  readonly #python: string
  readonly #path: string

  constructor(bin: string) {
    this.#python = findPython().python ?? 'python3'
    this.#path = `${bin}:${process.env.PATH ?? ''}`
    mkdirSync(bin, { recursive: true })
    const words = programArgv('source').map((word) => `'${word}'`)
    writeFileSync(join(bin, 'salt'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
    chmodSync(join(bin, 'salt'), 0o755)
  }

  /** `name` as in `listen-to-master-bus`. */
  start(language: Language, name: string, bus: ExampleBus, ...more: readonly string[]): Running {
    const env = { PATH: this.#path, SALT_OPTIONS: bus.saltOptions }
    return new Running(this.#argv(language, name, language === 'shell' ? more : [...bus.words, ...more]), { env })
  }

  /** A program of the test's own beside those of the folder. */
  python(text: string, ...words: readonly string[]): Running {
    return new Running([this.#python, '-c', text, ...words], { cwd: join(folder, 'python') })
  }

  #argv(language: Language, name: string, words: readonly string[]): readonly string[] {
    switch (language) {
      case 'node':
        // The sources instead of the built package.
        return [process.execPath, '--conditions=salt-source', join(folder, 'node', `${name}.mjs`), ...words]
      case 'python':
        return [this.#python, join(folder, 'python', `${name.replaceAll('-', '_')}.py`), ...words]
      case 'shell':
        return [join(folder, 'shell', `${name}.sh`), ...words]
    }
  }
}
