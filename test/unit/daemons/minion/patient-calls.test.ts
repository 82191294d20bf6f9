import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { PatientCalls } from '../../../../src/daemons/minion/patient-calls.ts'
import type { RpcPeer } from '../../../../src/wire/rpc.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

type Session = Pick<RpcPeer, 'call'>

const ended = new SaltError('session-closed', 'the connection ended')
const dying: Session = { call: () => Promise.reject(ended) }
const living: Session = { call: (method) => Promise.resolve(`answer to ${method}`) }
const address = { saltenv: 'base', path: 'a', offset: 0 }

function codeIs(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SaltError && error.code === code
}

describe('a question to a master that is started anew', () => {
  it('is asked again in the next session', async () => {
    const calls = new PatientCalls('master', new FakeClock())
    calls.begin(dying)
    const answer = calls.call('file.part', address)
    await Promise.resolve()
    calls.begin(living)
    assert.equal(await answer, 'answer to file.part')
  })

  it('waits where it comes while there is none, and not for ever', async () => {
    const clock = new FakeClock()
    const calls = new PatientCalls('master', clock)
    await assert.rejects(calls.call('file.part', address), codeIs('master-unreachable'))
    calls.begin(living)
    calls.lose(living)
    const answer = calls.call('file.part', address)
    calls.begin(living)
    assert.equal(await answer, 'answer to file.part')
    calls.lose(living)
    const late = assert.rejects(calls.call('file.part', address), codeIs('master-unreachable'))
    clock.advance(60_000)
    await late
    await assert.rejects(calls.call('file.part', address), codeIs('master-unreachable'))
  })

  it('ends with the job, and with the minion', async () => {
    const calls = new PatientCalls('master', new FakeClock())
    const job = new AbortController()
    calls.begin(dying)
    const cancelled = assert.rejects(calls.call('file.part', address, { signal: job.signal }))
    job.abort()
    await cancelled
    calls.begin(dying)
    const stopped = assert.rejects(calls.call('file.part', address), codeIs('master-unreachable'))
    await Promise.resolve()
    calls.end()
    await stopped
    calls.lose(dying)
    await assert.rejects(calls.call('file.part', address), codeIs('master-unreachable'))
  })

  it('that ends each session is given up', async () => {
    const calls = new PatientCalls('master', new FakeClock())
    let asked = 0
    const next = (): Session => ({
      call: () => {
        asked += 1
        queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => calls.begin(next()))))
        return Promise.reject(ended)
      },
    })
    calls.begin(next())
    await assert.rejects(calls.call('file.part', address), codeIs('session-closed'))
    assert.equal(asked, 3)
  })

  it('is not asked again where it does something', async () => {
    const calls = new PatientCalls('master', new FakeClock())
    calls.begin(dying)
    await assert.rejects(calls.call('mine.flush', null), codeIs('session-closed'))
    await assert.rejects(calls.call('file.part', address, { signal: AbortSignal.abort() }))
  })
})
