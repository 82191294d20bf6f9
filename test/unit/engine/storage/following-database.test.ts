import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { FollowingDatabase } from '../../../../src/engine/storage/following-database.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

/** As SQLite says it: a damaged file, and a full disk. */
const damaged = Object.assign(new Error('database disk image is malformed'), { errcode: 11 })
const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })

/** A database that is nothing but a list, and what becomes of it. */
class World {
  readonly clock = new FakeClock()
  readonly log = new RecordedLog()
  readonly told: string[] = []
  /** Each file that was opened, with what it holds. */
  readonly files: string[][] = []
  memory: string[] = []
  fault: Error | undefined
  openFault: Error | undefined
  readonly file = new FollowingDatabase({
    path: '/x.db',
    clock: this.clock,
    log: this.log.log,
    what: 'the list',
    meanwhile: 'it stays in memory',
    onFault: (error) => this.told.push(error === undefined ? 'well' : error.code),
    open: () => this.#open(),
    write: (database) => {
      if (this.fault) throw this.fault
      database.items.push(...this.memory.splice(0))
    },
    renewed: () => {
      this.told.push('renewed')
      this.fault = undefined
    },
    refused: (isFirst) => this.told.push(`refused ${isFirst}`),
    lost: () => ({ dropped: 0 }),
  })

  #open(): { readonly items: string[]; close(): void } {
    if (this.openFault) throw this.openFault
    const items: string[] = []
    this.files.push(items)
    return { items, close: () => void this.told.push('closed') }
  }

  async add(item: string): Promise<void> {
    this.memory.push(item)
    this.file.schedule()
    await this.file.settled()
  }
}

test('what memory has is written at the end of the turn', async () => {
  const world = new World()
  await world.add('a')
  assert.deepEqual([world.files, world.told], [[['a']], []])
  world.memory.push('b')
  world.file.schedule()
  world.file.close()
  assert.deepEqual([world.files, world.told], [[['a', 'b']], ['closed']], 'the last is written before it closes')
})

test('a disk that takes nothing is told once, and tried again', async () => {
  const world = new World()
  world.fault = full
  await world.add('a')
  assert.deepEqual(world.told, ['storage', 'refused true'])
  assert.deepEqual([world.file.isFailing, world.file.isFaulty, world.file.faults], [true, true, 1])
  await world.clock.advance(1000)
  assert.deepEqual([world.told.at(-1), world.file.faults], ['refused false', 2])
  world.fault = undefined
  await world.clock.advance(60_000)
  assert.deepEqual([world.files, world.told.at(-1), world.file.isFaulty], [[['a']], 'well', false])
  world.file.close()
})

test('a damaged file gives way to a new one, and whoever asks gets the answer of that', async () => {
  const world = new World()
  world.fault = damaged
  await world.add('a')
  assert.deepEqual(
    [world.files, world.told],
    [
      [[], ['a']],
      ['closed', 'renewed'],
    ],
  )
  const answers = [damaged]
  const count = world.file.ask(({ items }) => {
    const fault = answers.pop()
    if (fault) throw fault
    return items.length
  })
  assert.deepEqual([count, world.files.length], [0, 3])
  world.file.close()
})

test('what is no damage, or cannot be mended now, is an error for whoever asks', async () => {
  const world = new World()
  const asking = (fault: Error) => () =>
    world.file.ask(() => {
      throw fault
    })
  assert.throws(asking(full), { code: 'storage' })
  assert.deepEqual(world.told, [])
  world.openFault = new SaltError('storage', 'no room for another')
  assert.throws(asking(damaged), { code: 'storage' })
  assert.deepEqual(world.told, ['closed', 'storage'])
  await world.add('a')
  assert.deepEqual([world.file.faults, world.memory], [1, ['a']])
  world.openFault = undefined
  await world.clock.advance(1000)
  assert.deepEqual(
    [world.files, world.told.slice(-2)],
    [
      [[], ['a']],
      ['renewed', 'well'],
    ],
    'the next attempt makes it',
  )
  world.file.close()
})
