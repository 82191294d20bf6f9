import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Entry, type EntryRequest, RunRegister } from '../../../../../src/engine/state/run/run-register.ts'

let folder = ''
let register: RunRegister

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'register-'))
  register = new RunRegister(join(folder, 'runs'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const enter = (jid: string, more: Partial<EntryRequest> = {}): Promise<Entry> =>
  register.enter({
    jid,
    fun: 'state.apply',
    queue: false,
    concurrent: false,
    isNested: () => false,
    signal: new AbortController().signal,
    ...more,
  })

function leave(entry: Entry): void {
  assert.ok(entry.kind === 'entered')
  entry.leave()
}

/** The file that a run of another process has left behind. */
function leaveBehind(jid: string, pid: number, begun: string, { hasTurn = true } = {}): void {
  mkdirSync(join(folder, 'runs'), { recursive: true })
  const file = join(folder, 'runs', `${jid}.json`)
  writeFileSync(file, JSON.stringify({ jid, fun: 'state.sls', pid, begun, stage: 'runs' }))
  if (hasTurn) linkSync(file, join(folder, 'runs', 'turn'))
}

function deadPid(): number {
  return spawnSync('true').pid
}

test('one after the other', async () => {
  const first = await enter('1')
  const second = await enter('2')
  assert.equal(second.kind, 'refused')
  assert.deepEqual(
    register.list().map(({ jid, stage }) => [jid, stage]),
    [['1', 'runs']],
  )
  leave(first)
  leave(await enter('3'))
  assert.deepEqual(readdirSync(join(folder, 'runs')), [])
})

test('of two that come at once, one may go on', async () => {
  const entries = await Promise.all(['1', '2', '3', '4'].map((jid) => enter(jid)))
  const entered = entries.filter(({ kind }) => kind === 'entered')
  assert.equal(entered.length, 1)
  for (const entry of entered) leave(entry)
})

test('what a dead process has left behind counts for nothing', async () => {
  leaveBehind('1', deadPid(), '1')
  assert.deepEqual(register.list(), [])
  leaveBehind('2', deadPid(), '1', { hasTurn: false })
  leave(await enter('3'))
  assert.deepEqual(readdirSync(join(folder, 'runs')), [])
})

test('nor what one has that ended and that nobody has asked for', {
  skip: existsSync('/proc/self/stat') ? false : 'no /proc',
}, async () => {
  // The shell becomes a program that never asks for its child, which ends only then.
  const child = '(while ! grep -q sleep /proc/$$/comm; do :; done)'
  const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 60`], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [line]: Buffer[] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await setImmediate()
    leaveBehind('1', pid, '')
    leave(await enter('2'))
  } finally {
    parent.kill()
    await once(parent, 'exit')
  }
})

test('nor what a former process with the number of a living one has', async () => {
  leaveBehind('1', process.pid, 'long ago')
  leave(await enter('2'))
  const child = spawn('sleep', ['60'])
  try {
    leaveBehind('3', child.pid ?? 0, 'long ago')
    leave(await enter('4'))
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})

test('a run of another process is waited for, and goes on when that has left', async () => {
  const child = spawn('sleep', ['60'])
  try {
    leaveBehind('1', child.pid ?? 0, '')
    assert.equal((await enter('2')).kind, 'refused')
    const waiting = enter('3', { queue: true })
    rmSync(join(folder, 'runs', '1.json'))
    rmSync(join(folder, 'runs', 'turn'))
    leave(await waiting)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})

test('those who wait go on in the order of their jids', async () => {
  const first = await enter('1')
  const order: string[] = []
  const waiting = ['3', '2', '4'].map(async (jid) => {
    const entry = await enter(jid, { queue: true })
    order.push(jid)
    leave(entry)
  })
  leave(first)
  await Promise.all(waiting)
  assert.deepEqual(order, ['2', '3', '4'])
})

test('a number bounds how many wait', async () => {
  const first = await enter('1')
  const second = enter('2', { queue: 1 })
  assert.equal((await enter('3', { queue: 1 })).kind, 'refused')
  leave(first)
  leave(await second)
})

test('one that is concurrent goes on, and keeps others off all the same', async () => {
  const first = await enter('1')
  const beside = await enter('2', { concurrent: true })
  leave(first)
  assert.equal((await enter('3')).kind, 'refused')
  leave(beside)
  leave(await enter('4'))
})

test('a run within a run is part of it', async () => {
  const first = await enter('1')
  const within = await enter('1', { isNested: ({ jid }) => jid === '1' })
  leave(within)
  assert.equal(register.list().length, 1)
  leave(first)
})

test('files that are none of ours are let be', async () => {
  mkdirSync(join(folder, 'runs'))
  writeFileSync(join(folder, 'runs', 'turn'), 'rubbish')
  leave(await enter('1'))
})
