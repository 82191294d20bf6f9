import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubscribeItem } from '../../../../src/bus/event.ts'
import { StateProgress } from '../../../../src/cli/publish/state-progress.ts'
import { progressText } from '../../../../src/cli/state-progress.ts'

function followed(): {
  readonly notes: string[]
  readonly asked: unknown[]
  readonly tell: (data: unknown) => void
  readonly progress: StateProgress
  readonly signal: () => AbortSignal | undefined
} {
  const notes: string[] = []
  const asked: unknown[] = []
  let onItem: ((item: SubscribeItem) => void) | undefined
  let signal: AbortSignal | undefined
  const bus = {
    call(method: string, params: unknown, options: { onItem: (item: SubscribeItem) => void; signal: AbortSignal }) {
      asked.push([method, params])
      onItem = options.onItem
      signal = options.signal
      return Promise.reject(new Error('the daemon has gone'))
    },
  }
  const progress = new StateProgress(bus as never, { note: (id, ended) => notes.push(`${id} ${progressText(ended)}`) })
  progress.follow('20261121023835037363')
  const tell = (data: unknown): void => onItem?.({ events: [{ tag: 't', data, seq: 1, stamp: '' } as never] })
  return { notes, asked, tell, progress, signal: () => signal }
}

test('what minions say of their states is shown, and nothing else', () => {
  const { notes, asked, tell } = followed()
  assert.deepEqual(asked, [['subscribe', { pattern: 'salt/job/20261121023835037363/prog/', match: 'startswith' }]])
  tell({ id: 'alpha', data: { ret: { __id__: 'nginx', result: true, changes: { a: 1 }, __run_num__: 2 }, len: 9 } })
  tell({ id: 'alpha', data: { ret: { name: 'x', result: false, changes: {} } } })
  tell({ id: 'alpha', data: 'nonsense' })
  tell({ id: 5, data: { ret: {} } })
  assert.deepEqual(notes, ['alpha 3/9 nginx: changed', 'alpha 1/1 x: failed'])
})

test('following ends with the job, and a bus that refuses it does not matter', async () => {
  const { progress, signal } = followed()
  await new Promise((resolve) => setImmediate(resolve))
  progress.end()
  assert.equal(signal()?.aborted, true)
})
