import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { SaltError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { findAccount, groupIdsOf } from '../../../../src/engine/functions/accounts.ts'
import { execute, signalGroup } from '../../../../src/engine/functions/execute.ts'
import type { ExecOptions } from '../../../../src/engine/plugin.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { Gate, isAlive as isRunning } from '../../../support/gate.ts'

const isRoot = process.geteuid?.() === 0
const asRoot = isRoot ? {} : { skip: 'only root can run a program as another user' }
let folder = ''

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'execute-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

function sh(script: string, options: ExecOptions = {}, signal = new AbortController().signal) {
  return execute(['/bin/sh', '-c', script], options, { log: silentLog, signal })
}

/** Resolves once no process of the group lives; one that waits to be reaped does not count. */
async function groupEnded(group: number): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const alive = readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && isAlive(pid, group))
    if (!alive) return
    await setTimeout(10)
  }
  assert.fail(`the process group ${group} lives on`)
}

function isAlive(pid: string, group: number): boolean {
  try {
    const [state, , processGroup] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(processGroup) === group && state !== 'Z'
  } catch {
    return false
  }
}

test('output, error output and return code', async () => {
  const { pid, ...result } = await sh('echo out; echo err >&2; exit 3')
  assert.ok(pid > 0)
  assert.deepEqual(result, { retcode: 3, stdout: 'out\n', stderr: 'err\n', timedOut: false })
})

test('error output joined in order', async () => {
  const { stdout, stderr } = await sh('echo 1; echo 2 >&2; echo 3; echo 4 >&2', { mergeStderr: true })
  assert.equal(stdout, '1\n2\n3\n4\n')
  assert.equal(stderr, '')
})

test('standard input, and none of it', async () => {
  assert.equal(
    (await execute(['cat'], { stdin: 'žluťoučký' }, { log: silentLog, signal: new AbortController().signal })).stdout,
    'žluťoučký',
  )
  assert.equal((await sh('cat')).stdout, '')
})

test('a program that closes its input early is no fault', async () => {
  const { retcode } = await sh('exit 0', { stdin: 'x'.repeat(1_000_000) })
  assert.equal(retcode, 0)
})

test('bytes that are not text are replaced, and told', async () => {
  const warnings: string[] = []
  const log = { ...silentLog, warning: (message: string) => void warnings.push(message) }
  const { stdout } = await execute(['printf', 'a\\377b\\000c'], {}, { log, signal: new AbortController().signal })
  assert.equal(stdout, 'a\ufffdb\0c')
  assert.equal(warnings.length, 1)
})

test('another encoding of the output', async () => {
  assert.equal((await sh("printf '\\351'", { outputEncoding: 'latin1' })).stdout, 'é')
  await assert.rejects(sh('true', { outputEncoding: 'klingon' }), /'klingon' is not known/)
})

test('a megabyte of output arrives whole', async () => {
  const { stdout } = await sh("head -c 1048576 /dev/zero | tr '\\0' x")
  assert.equal(stdout.length, 1_048_576)
})

test('a signal ends it', async () => {
  const { retcode, signal } = await sh('kill -9 $$')
  assert.deepEqual([retcode, signal], [137, 9])
})

test('time over: the whole group ends', async () => {
  const file = join(folder, 'survivor')
  const { timedOut, pid } = await sh(`(sleep 30; touch ${file}) & sleep 30`, { timeoutMs: 50 })
  assert.equal(timedOut, true)
  await groupEnded(pid)
})

test('a cancelled job ends its processes and fails with the reason', async () => {
  const controller = new AbortController()
  const groups = new Set<number>()
  const pending = execute(['sleep', '30'], {}, { log: silentLog, signal: controller.signal, processGroups: groups })
  assert.equal(groups.size, 1)
  const [pid = 0] = groups
  controller.abort(new SaltError('cancelled', 'enough'))
  await assert.rejects(pending, (error: unknown) => error instanceof SaltError && error.message === 'enough')
  assert.equal(groups.size, 0)
  await groupEnded(pid)
})

test('a program that ignores the polite signal is killed', async () => {
  using gate = new Gate()
  const clock = new FakeClock()
  const { signal: never } = new AbortController()
  const script = `trap '' TERM; ${gate.command}; ${gate.command}`
  const running = execute(['/bin/sh', '-c', script], { timeoutMs: 50 }, { log: silentLog, signal: never, clock })
  const [pid = 0] = await gate.entered()
  await clock.advance(50)
  gate.open()
  await gate.entered(2)
  assert.equal(isRunning(pid), true, 'the polite signal was ignored')
  await clock.advance(60_000)
  const { timedOut, signal } = await running
  assert.equal(timedOut, true)
  assert.equal(signal, 9)
})

test('a job that is cancelled already starts nothing', async () => {
  const file = join(folder, 'never')
  await assert.rejects(sh(`touch ${file}`, {}, AbortSignal.abort(new SaltError('cancelled', 'no'))), /no/)
  assert.equal(existsSync(file), false)
})

for (const [what, argv, options, code, message] of [
  ['a missing program', ['no-such-program'], {}, 'missing-program', /'no-such-program' is not installed/],
  ['an empty command', [], {}, 'missing-program', /empty/],
  [
    'a missing folder',
    ['true'],
    { cwd: '/no/such' },
    'execution-failed',
    /'\/no\/such' either not absolute or does not exist/,
  ],
  ['a relative folder', ['true'], { cwd: 'src' }, 'execution-failed', /'src' either not absolute/],
  ['a file that is not a program', ['/etc/passwd'], {}, 'execution-failed', /not an executable/],
  ['an unknown user', ['true'], { runas: 'no-such-user' }, 'execution-failed', /User 'no-such-user' is not available/],
  [
    'an unknown group',
    ['true'],
    { group: 'no-such-group' },
    'execution-failed',
    /Group 'no-such-group' is not available/,
  ],
  ['a zero umask', ['true'], { umask: '000' }, 'execution-failed', /Zero umask/],
  ['a wrong umask', ['true'], { umask: '9' }, 'execution-failed', /Invalid umask/],
  [
    'a NUL in an argument',
    ['echo', 'a\0b'],
    {},
    'execution-failed',
    /^A NUL character cannot be part of the command\.$/,
  ],
  ['a NUL in the folder', ['true'], { cwd: '/a\0b' }, 'execution-failed', /NUL character cannot be part of cwd/],
  [
    'a NUL in the environment',
    ['true'],
    { env: { A: '\0' } },
    'execution-failed',
    /NUL character cannot be part of env/,
  ],
] as const) {
  test(`${what} is told as people read it`, async () => {
    await assert.rejects(
      execute(argv, options, { log: silentLog, signal: new AbortController().signal }),
      (error: unknown) => {
        assert.ok(error instanceof SaltError)
        assert.equal(error.code, code)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('the environment: added to, or replaced', async () => {
  process.env.EXECUTE_TEST = 'inherited'
  try {
    const show = 'echo "$EXECUTE_TEST $MORE $LC_MESSAGES"'
    assert.equal((await sh(show, { env: { MORE: 'x' } })).stdout, 'inherited x C\n')
    assert.equal((await sh(show, { env: { MORE: 'x' }, cleanEnv: true })).stdout, ' x C\n')
    assert.equal((await sh(show, { env: { LC_MESSAGES: 'de' } })).stdout, 'inherited  de\n')
    assert.equal((await sh('echo "$LC_MESSAGES"', { cleanEnv: true, keepLocale: true })).stdout, '\n')
  } finally {
    delete process.env.EXECUTE_TEST
  }
})

test("the mask is the child's alone", async () => {
  const mask = process.umask()
  const file = join(folder, 'masked')
  await sh(`touch ${file}`, { umask: '077' })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(process.umask(), mask)
})

test('another user, with its home and without our groups', asRoot, async () => {
  const { stdout } = await sh('id -u; id -G; echo $HOME $USER', { runas: 'nobody', cwd: '/' })
  const account = findAccount('nobody') ?? assert.fail('no nobody')
  assert.equal(stdout, `${account.uid}\n${groupIdsOf(account).join(' ')}\n${account.home} nobody\n`)
})

test('supplementary groups of a user are set', asRoot, async (t) => {
  const member = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , , members = '']) => members !== '' && !members.split(',').includes('root'))
  const name = member?.[3]?.split(',')[0]
  if (name === undefined) return t.skip('no user of this host has a supplementary group')
  const account = findAccount(name) ?? assert.fail(`no ${name}`)
  const { stdout } = await sh('id -G', { runas: name, cwd: '/' })
  assert.deepEqual(new Set(stdout.trim().split(' ').map(Number)), new Set(groupIdsOf(account)))
})

test('another group alone', asRoot, async () => {
  assert.match((await sh('id -g; id -u', { group: 'daemon', cwd: '/' })).stdout, /^\d+\n0\n$/)
})

test('only root may choose the user', { skip: isRoot ? 'this runs as root' : false }, async () => {
  await assert.rejects(sh('true', { runas: 'root' }), /Only root can run a command as user 'root'/)
})

test('in the background nobody waits', async () => {
  const result = await sh('sleep 30', { background: true })
  assert.ok(signalGroup(result.pid, 'SIGKILL'), 'it runs on')
})
