/**
 * Runs the examples of the modules that the word matches, or with `not` before it of the others, one after the other, on
 * the host that enter.sh has laid out. Writes what came of each as JSON.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { validate } from '../../../src/base/validate.ts'
import type { FunctionDoc, FunctionServices } from '../../../src/engine/plugin.ts'
import { writeSavedSchedule } from '../../../src/engine/schedule/saved-schedule.ts'
import { loadOutputter } from '../../../src/plugins/outputters/outputters.ts'
import { moduleRegistry } from '../../../src/plugins/registry.ts'
import { FunctionHost } from '../function-host.ts'
import { keptBeacons, keptSchedule } from '../minion-keepers.ts'
import { type ExampleRun, neverRun, shellWords } from './examples.ts'
import { serve } from './network.ts'
import { runStateExamples } from './run-states.ts'

const template = '/srv/.template'
/** No example takes longer, unless it hangs. */
const longestMs = 10_000

const config = {
  id: 'web1',
  config_dir: '/srv/salt-minion',
  cachedir: '/srv/salt-minion/cache',
  pki_dir: '/srv/salt-minion/pki',
  file_roots: { base: ['/srv/salt'] },
  pillar_roots: { base: ['/srv/pillar'] },
  'redis.host': '10.0.0.5',
  'redis.port': 6379,
}

const grains = {
  id: 'web1',
  host: 'web1',
  domain: 'example.org',
  fqdn: 'web1.example.org',
  kernel: 'Linux',
  os: 'Debian',
  os_family: 'Debian',
  osrelease: '12',
  oscodename: 'bookworm',
  osarch: 'amd64',
  init: 'systemd',
  ipv4: ['127.0.0.1', '192.168.44.7'],
  roles: ['web'],
  pkg: { apache: 'apache2' },
}

const pillar = {
  cheese: 'foo',
  role: 'web',
  users: { alice: { uid: 1001, shell: '/bin/bash' } },
  app: { logo: 'aGVsbG8=' },
}

/** A minion's, with the jobs that the examples name. */
async function scheduleFor(name: string): Promise<NonNullable<FunctionServices['schedule']>> {
  const job = { function: 'test.ping', seconds: 3600, enabled: true }
  if (name === 'schedule.reload') {
    await writeSavedSchedule(`${config.config_dir}/minion.d/_schedule.conf`, { job1: job })
  }
  return keptSchedule(name === 'schedule.add' ? {} : { job1: job }, config.config_dir)
}

/** A minion's, with the beacon that the examples name. */
function beaconsFor(name: string): Promise<NonNullable<FunctionServices['beacons']>> {
  const configured = name === 'beacons.add' ? {} : { ps: [{ processes: { 'salt-master': 'stopped' } }] }
  return keptBeacons(configured, config.config_dir, grains)
}

/** Makes /srv what it was, where the example can have changed it. */
function restore(example = ''): void {
  const changed = (name: string): boolean => example.includes(`/srv/${name}`) || /^(?:fred|salt-minion)$/.test(name)
  for (const name of readdirSync('/srv')) {
    const stays = kept.has(name) && !changed(name) && !/ (?:git|mount|state)\./.test(example)
    if (!name.startsWith('.') && !stays) rmSync(`/srv/${name}`, { recursive: true, force: true })
  }
  const lacking = [...kept].filter((name) => !existsSync(`/srv/${name}`))
  execFileSync('cp', ['-a', ...lacking.map((name) => `${template}/${name}`), '/srv'])
}

/** Puts the files of the system back that states may change. */
function restoreSystem(): void {
  const folders = '/etc /opt /var/backups /var/tmp'
  const script = `for f in ${folders}; do find $f -mindepth 1 -delete; cp -a /srv/.system$f/. $f; done`
  execFileSync('/bin/sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** What changes, or may have been changed, by an example before. */
const takesFiles = /\/srv\b|\b(?:beacons|data|git|grains|mount|schedule|ssh|state)\.|salt:\/\//

async function run(name: string, example: string, doc: FunctionDoc): Promise<ExampleRun> {
  const words = shellWords(example)
  const given = words.slice(words.indexOf(name) + 1).filter((word) => !/^--(?:out\b|$)/.test(word))
  const services = {
    ...(name.startsWith('schedule.') ? { schedule: await scheduleFor(name) } : {}),
    ...(name.startsWith('beacons.') ? { beacons: await beaconsFor(name) } : {}),
  }
  const host = new FunctionHost({
    id: 'web1',
    config,
    grains,
    pillar,
    services,
    signal: AbortSignal.timeout(longestMs),
  })
  const { failure, retcode, out = 'nested', return: value } = await host.type(name, ...given)
  if (failure !== undefined) {
    const unavailable = failure.kind === 'unknown-function' ? await whyUnavailable(name) : undefined
    const told = { failed: failure.error.code, told: failure.message, retcode }
    return unavailable === undefined ? told : { ...told, unavailable }
  }
  const { issues } = validate(doc.returns, JSON.parse(JSON.stringify(value ?? null)))
  const outputter = (await loadOutputter(out)) ?? (await loadOutputter('nested'))
  const output = outputter?.render({ web1: value }, { color: false, retcode }).trimEnd() ?? ''
  return { output, retcode, ...(issues.length === 0 ? {} : { misfits: issues.map((issue) => JSON.stringify(issue)) }) }
}

/** What the modules that have the function say of this host. */
async function whyUnavailable(name: string): Promise<string | undefined> {
  const [module = '', short = ''] = name.split('.')
  const reasons = new Set<string>()
  for (const entry of moduleRegistry.entries) {
    if (entry.name !== module || !entry.functions.includes(short)) continue
    const verdict = (await entry.load()).available?.({ grains })
    if (typeof verdict === 'string') reasons.add(verdict)
  }
  return reasons.size === 0 ? undefined : [...reasons].join('; ')
}

execFileSync('/bin/sh', [`${import.meta.dirname}/prepare.sh`, template], { stdio: ['ignore', 'ignore', 'inherit'] })
const kept = new Set(readdirSync(template))
restore()
await serve()
const [word = '', not] = process.argv.slice(2).reverse()
if (word === 'states') {
  restoreSystem()
  const stateRuns = await runStateExamples({
    config,
    grains,
    pillar,
    restore(example) {
      restore(example)
      if (/\/(?:etc|opt|var)\b/.test(example)) restoreSystem()
    },
  })
  process.stdout.write(JSON.stringify(stateRuns), () => process.exit(0))
}
const runs: Record<string, ExampleRun> = {}
for (const [module, { functions }] of word === 'states' ? [] : Object.entries(await moduleRegistry.loadDocs())) {
  if (new RegExp(`^(?:${word})$`).test(module) === (not === 'not')) continue
  for (const [short, doc] of Object.entries(functions)) {
    const name = `${module}.${short}`
    if (neverRun.test(name)) continue
    for (const example of doc.examples) {
      runs[example] = await run(name, example, doc)
      if (takesFiles.test(example)) restore(example)
    }
  }
}
if (word !== 'states') process.stdout.write(JSON.stringify(runs), () => process.exit(0))
