import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SaltError } from '../../../../src/base/errors.ts'
import type { PublishRequest } from '../../../../src/client/api.ts'
import { FleetJobs, type FleetJobsOptions } from '../../../../src/daemons/master/fleet-jobs.ts'

type Publish = FleetJobsOptions['publisher']['publishAndWait']

/** A master of these minions, whose jobs end when `end` is called with an id. */
class World {
  readonly published: PublishRequest[] = []
  readonly atWork = new Set<string>()
  readonly #ends = new Map<string, (retcode: number) => void>()
  readonly jobs: FleetJobs

  constructor(ids: readonly string[], refuse?: (request: PublishRequest) => SaltError | undefined) {
    const publishAndWait: Publish = async (request, _origin, follower) => {
      const error = refuse?.(request)
      if (error !== undefined) throw error
      this.published.push(request)
      const jid = `JID${this.published.length}`
      const minions = [request.tgt].flat()
      follower({ kind: 'published', jid, minions })
      await Promise.all(
        minions.map(async (id) => {
          this.atWork.add(id)
          const retcode = await new Promise<number>((resolve) => this.#ends.set(id, resolve))
          this.atWork.delete(id)
          const ret = { id, jid, fun: 'x', fun_args: [], return: retcode, retcode, success: retcode === 0 }
          follower({ kind: 'outcome', jid, id, state: retcode === 0 ? 'returned' : 'failed', ret })
        }),
      )
      return { jid, minions }
    }
    this.jobs = new FleetJobs({
      publisher: { publishAndWait, resolve: () => ids },
      sessions: { ids: () => [...ids] },
    })
  }

  async end(id: string, retcode = 0): Promise<void> {
    this.#ends.get(id)?.(retcode)
    await setImmediate()
  }
}

const caller = { user: 'tester', timeoutSeconds: 5, signal: new AbortController().signal, tell: () => {} }
const job = { tgt: '*', fun: 'test.ping' }

describe('jobs of what runs inside the master', () => {
  it('keep to the size of their batches', async () => {
    const world = new World(['a', 'b', 'c', 'd'])
    const running = world.jobs.run({ ...job, batch: '2' }, caller)
    await setImmediate()
    assert.deepEqual([...world.atWork], ['a', 'b'])
    await world.end('b')
    assert.deepEqual([...world.atWork], ['a', 'c'])
    await world.end('a')
    await world.end('c')
    await world.end('d')
    const { jid, outcomes } = await running
    assert.equal(jid, 'JID1')
    assert.deepEqual(
      outcomes.map(({ id }) => id),
      ['b', 'a', 'c', 'd'],
    )
    assert.deepEqual(
      world.published.map(({ tgt, tgt_type }) => [tgt, tgt_type]),
      [
        [['a', 'b'], 'list'],
        [['c'], 'list'],
        [['d'], 'list'],
      ],
    )
  })

  it('may be a share of the minions', async () => {
    const world = new World(['a', 'b', 'c', 'd'])
    const running = world.jobs.run({ ...job, batch: '50%' }, caller)
    await setImmediate()
    assert.equal(world.atWork.size, 2)
    for (const id of ['a', 'b', 'c', 'd']) await world.end(id)
    assert.equal((await running).outcomes.length, 4)
  })

  it('begin nothing more after a failure where they are told so', async () => {
    const world = new World(['a', 'b', 'c'])
    const running = world.jobs.run({ ...job, batch: '1', failhard: true }, caller)
    await setImmediate()
    await world.end('a', 1)
    const { outcomes } = await running
    assert.deepEqual(
      outcomes.map(({ id, state }) => [id, state]),
      [
        ['a', 'failed'],
        ['b', 'withdrawn'],
        ['c', 'withdrawn'],
      ],
    )
  })

  it('hand over arguments, returners and the time', async () => {
    const world = new World(['a'])
    const sent = {
      ...job,
      tgt: 'a',
      arg: [1],
      kwargs: { k: 2 },
      timeoutSeconds: 9,
      ret: 'x',
      retConfig: 'y',
      retKwargs: { z: 1 },
    }
    const running = world.jobs.run(sent, caller)
    await setImmediate()
    await world.end('a')
    await running
    assert.deepEqual(world.published, [
      {
        tgt: 'a',
        tgt_type: 'glob',
        fun: 'test.ping',
        arg: [1, { k: 2, __kwarg__: true }],
        ret: 'x',
        user: 'tester',
        timeout: 9,
        ret_config: 'y',
        ret_kwargs: { z: 1 },
      },
    ])
  })

  it('for nobody are jobs like any other, and other faults are told', async () => {
    const nobody = new World([], () => new SaltError('no-match', 'nobody'))
    assert.deepEqual(await nobody.jobs.run(job, caller), { jid: undefined, outcomes: [] })
    const broken = new World(['a', 'b'], () => new SaltError('bad-target', 'what?'))
    await assert.rejects(broken.jobs.run(job, caller), { code: 'bad-target' })
    await assert.rejects(broken.jobs.run({ ...job, batch: '1' }, caller), { code: 'bad-target' })
  })

  it('have no batches of no size', async () => {
    for (const batch of ['0', 'x', '101%', '-1', '1.5']) {
      await assert.rejects(new World(['a']).jobs.run({ ...job, batch }, caller), { code: 'bad-arguments' }, batch)
    }
  })
})
