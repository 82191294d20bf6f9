/** What code in this process writes to its standard streams. */

export interface Captured<T> {
  readonly result: T
  readonly stdout: string
  readonly stderr: string
}

/** Runs the work with what it writes as text taken away. Tests that use it must not run side by side in one process. */
export async function capture<T>(work: () => Promise<T> | T): Promise<Captured<T>> {
  const texts = { stdout: '', stderr: '' }
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write }
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array): boolean => {
      // Bytes are the test runner's own words to the process that started this one.
      if (typeof chunk !== 'string') return originals[name].call(process[name], chunk)
      texts[name] += chunk
      return true
    }
  }
  try {
    const result = await work()
    return { result, ...texts }
  } finally {
    process.stdout.write = originals.stdout
    process.stderr.write = originals.stderr
  }
}
