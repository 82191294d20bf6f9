/**
 * Runs on a copy of this system (enter.sh): applies states there through a master and a minion, and tells as JSON what they
 * said and what the system looked like after each step.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fleet } from '../fleet.ts'
import { writeRepository } from './repository.ts'

export interface SystemFacts {
  /** Version of the package; undefined where it is not installed. */
  readonly package?: string
  readonly passwd?: string
  readonly group?: string
  readonly crontab?: string
  readonly isEnabled: boolean
  /** Path → content. */
  readonly files: Readonly<Record<string, string>>
  readonly hosts: boolean
}

export interface Step {
  readonly name: string
  readonly exitCode: number | null
  /** Returns of states by their tags; what went wrong where there are none. */
  readonly states: Readonly<Record<string, StepState>> | string
  readonly facts: SystemFacts
}

export interface StepState {
  readonly result: boolean | null
  readonly comment: string
  readonly changes: Readonly<Record<string, unknown>>
}

export interface Report {
  readonly steps: readonly Step[]
  /** Whether a program that keeps crontabs was put in place of one that is missing here. */
  readonly crontabStandIn: boolean
}

const watched = [
  '/etc/salt-real-test/site.conf',
  '/etc/salt-real-test/told',
  '/etc/systemd/system/salt-real-test.service',
  '/etc/apt/sources.list.d/real.list',
]

function answer(...argv: readonly [string, ...string[]]): string | undefined {
  const [program, ...words] = argv
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

function factsNow(): SystemFacts {
  const query = answer('dpkg-query', '--show', '--showformat', `\${db:Status-Status} \${Version}`, 'salt-real-test')
  const [, version] = /^installed (.+)$/.exec(query ?? '') ?? []
  const facts = {
    package: version,
    passwd: answer('getent', 'passwd', 'saltreal'),
    group: answer('getent', 'group', 'saltreal-people'),
    crontab: answer('crontab', '-u', 'saltreal', '-l'),
  }
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    isEnabled: existsSync('/etc/systemd/system/multi-user.target.wants/salt-real-test.service'),
    files: Object.fromEntries(watched.filter(existsSync).map((path) => [path, readFileSync(path, 'utf8')])),
    hosts: readFileSync('/etc/hosts', 'utf8').includes('real.example.org'),
  }
}

const standIn = `#!/bin/sh
user=$(id -un)
if [ "\${1:-}" = -u ]; then user=$2; shift 2; fi
tab=/var/spool/cron/crontabs/$user
case \${1:--} in
  -l) if [ ! -f "$tab" ]; then echo "no crontab for $user" >&2; exit 1; fi; cat "$tab" ;;
  -r) rm -f "$tab" ;;
  -) mkdir -p "\${tab%/*}" && cat >"$tab" ;;
  *) mkdir -p "\${tab%/*}" && cp "$1" "$tab" ;;
esac
`

/** Cron is not on every system that has packages and users. */
function provideCrontab(): boolean {
  if (existsSync('/usr/bin/crontab')) return false
  writeFileSync('/usr/bin/crontab', standIn, { mode: 0o755 })
  return true
}

/** No packages but those of the test. */
function emptySources(): void {
  const parts = '/etc/apt/sources.list.d'
  for (const name of existsSync(parts) ? readdirSync(parts) : []) rmSync(join(parts, name), { recursive: true })
  writeFileSync('/etc/apt/sources.list', '')
}

function statesIn(stdout: string, stderr: string): Step['states'] {
  try {
    const answers: Record<string, unknown> = JSON.parse(stdout)
    const states = answers.real1
    if (typeof states === 'object' && states !== null && !Array.isArray(states)) return states as Step['states']
  } catch {
    // Told below.
  }
  return `${stdout}\n${stderr}`
}

async function main(): Promise<Report> {
  const crontabStandIn = provideCrontab()
  emptySources()
  writeRepository('/srv/repository', ['1.0'])
  cpSync(join(import.meta.dirname, 'states'), '/srv/salt-real', { recursive: true })
  await using fleet = await Fleet.start({
    master: 'file_roots: {base: [/srv/salt-real]}\n',
    minions: { real1: '' },
  })
  const steps: Step[] = []
  const take = async (name: string, ...words: readonly string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await fleet.salt('--static', '--out', 'json', 'real1', ...words)
    steps.push({ name, exitCode, states: statesIn(stdout, stderr), facts: factsNow() })
  }
  await take('dry run', 'state.apply', 'real', 'test=True')
  await take('first run', 'state.apply', 'real')
  await take('second run', 'state.apply', 'real')
  writeRepository('/srv/repository', ['1.0', '2.0'])
  await take('upgrade', 'state.single', 'pkg.latest', 'salt-real-test', 'refresh=True')
  await take('dry removal', 'state.apply', 'real.gone', 'test=True')
  await take('removal', 'state.apply', 'real.gone')
  await take('second removal', 'state.apply', 'real.gone')
  return { steps, crontabStandIn }
}

console.log(JSON.stringify(await main()))
