/** Functions that compare what the kernel says before and after a program has run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callFunction } from '../../../src/engine/functions/call.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

/** Calls a function whose program gives a file below /proc another content. */
async function callChanging(name: string, arg: readonly unknown[], path: string, before: string, after: string) {
  using folder = new ConfigFolder({ [path.slice(1)]: before })
  const host = new FunctionHost({ grains: { kernel: 'Linux' }, root: folder.path })
  const exec = async () => {
    folder.write(path.slice(1), after)
    return { pid: 4711, retcode: 0, stdout: '', stderr: '', timedOut: false }
  }
  const outcome = await callFunction({ name, arg, context: { ...host.inputs, exec }, jid: '20261121023835037363' })
  return outcome.return
}

const loop = 'loop 32768 0 - Live 0x0000000000000000\n'
const bonding = 'bonding 217088 0 - Live 0x0000000000000000\ntls 151552 1 bonding, Live 0x0000000000000000\n'

test('kmod.load lists what came, also what the module needs', async () => {
  const came = await callChanging('kmod.load', ['bonding'], '/proc/modules', loop, loop + bonding)
  assert.deepEqual(came, ['bonding', 'tls'])
})

test('kmod.remove lists what went', async () => {
  assert.deepEqual(await callChanging('kmod.remove', ['loop'], '/proc/modules', loop + bonding, bonding), ['loop'])
})

const heading = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const swap = '/swapfile                               file\t\t1048572\t\t0\t\t-2\n'

test('mount.swapon tells the facts of new swap space', async () => {
  const stats = { type: 'file', size: '1048572', used: '0', priority: '-2' }
  const answer = await callChanging('mount.swapon', ['/swapfile'], '/proc/swaps', heading, heading + swap)
  assert.deepEqual(answer, { stats, new: true })
})

test('mount.swapoff tells that it worked', async () => {
  assert.equal(await callChanging('mount.swapoff', ['/swapfile'], '/proc/swaps', heading + swap, heading), true)
})
