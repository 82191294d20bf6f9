/** Runs all examples of the function reference without privileges, on hosts of their own, thrown away afterwards. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExampleRun } from './example-host/examples.ts'
import { projectRoot } from './program.ts'

/** Nobody's: a number that systems give to no account by themselves. */
const fred = '59999'

const isRoot = process.geteuid?.() === 0
const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--uts', '--ipc', '--mount-proc']
const unshare = [...namespaces, ...(isRoot ? [] : ['--user', '--map-root-user'])]

/** Modules that call slow programs, for hosts of their own. */
const slowModules = ['pkg|service|debconf|alternatives', 'pip|npm']

/** Why there can be no such host here, or false. */
export function whyNoExampleHost(): string | false {
  if (process.platform !== 'linux') return 'namespaces are of Linux'
  const { status, stderr, error } = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' })
  return status === 0 ? false : `no namespaces: ${error?.message ?? stderr.trim()}`
}

/** Example → what came of it. */
export async function runExamples(): Promise<ReadonlyMap<string, ExampleRun>> {
  const parts = await Promise.all([runPart('not', slowModules.join('|')), ...slowModules.map((word) => runPart(word))])
  return new Map(parts.flatMap((part) => Object.entries(part)))
}

/** Example → what came of the states in it. */
export async function runStateExamples(): Promise<ReadonlyMap<string, ExampleRun>> {
  return new Map(Object.entries(await runPart('states')))
}

async function runPart(...words: readonly string[]): Promise<Record<string, ExampleRun>> {
  const script = join(import.meta.dirname, 'example-host/enter.sh')
  const drop = isRoot
    ? `setpriv --reuid=${fred} --regid=${fred} --init-groups --no-new-privs`
    : `unshare --user --map-user=${fred} --map-group=${fred}`
  const env = { ...process.env, EXAMPLE_OWNER: isRoot ? `${fred}:${fred}` : '0:0', DROP_PRIVILEGES: drop }
  const argv = [...unshare, 'sh', script, projectRoot, process.execPath, ...words]
  const { stdout } = await promisify(execFile)('unshare', argv, { env, maxBuffer: 64 << 20 })
  return JSON.parse(stdout)
}
