import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RunningView } from '../../../../src/cli/publish/running-view.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const eraseLine = '\r\u001b[K'

/** The one line of a terminal as it stands; fails when something would have moved on to the next. */
class Line {
  columns: number | undefined
  text = ''
  writes = 0

  constructor(columns?: number) {
    this.columns = columns
  }

  write(text: string): void {
    this.writes += 1
    const at = text.lastIndexOf(eraseLine)
    this.text = at === -1 ? this.text + text : text.slice(at + eraseLine.length)
    assert.ok(this.text.length < (this.columns || 80) || this.text === '', `the terminal breaks the line: ${this.text}`)
  }
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `web${index + 1}`)

describe('the line about minions that have not returned', () => {
  it('comes after a second, follows the returns, and goes', async () => {
    const clock = new FakeClock()
    const line = new Line()
    const view = new RunningView(line, clock)
    view.begin(ids(3))
    view.settled('web2')
    await clock.advance(999)
    assert.equal(line.writes, 0)
    await clock.advance(1)
    assert.equal(line.text, '1 of 3 returned; waiting for web1, web3')
    view.settled('web1')
    await clock.advance(100)
    assert.equal(line.text, '2 of 3 returned; waiting for web3')
    view.settled('web3')
    assert.equal(line.text, '')
    view.end()
    assert.equal(clock.pending, 0)
  })

  it('does not come for a job that is over sooner', async () => {
    const clock = new FakeClock()
    const line = new Line()
    const view = new RunningView(line, clock)
    view.begin(ids(2))
    view.settled('web1')
    view.end()
    await clock.advance(5000)
    assert.equal(line.writes, 0)
  })

  it('makes room for what is printed, and is there at once where it is wanted', () => {
    const line = new Line()
    const view = new RunningView(line, new FakeClock())
    view.begin(ids(2), { isWanted: true })
    assert.equal(line.text, '0 of 2 returned; waiting for web1, web2')
    view.clear()
    assert.equal(line.text, '')
    view.draw()
    assert.equal(line.text, '0 of 2 returned; waiting for web1, web2')
    view.end()
    assert.equal(line.text, '')
  })

  for (const [columns, expected] of [
    [80, '0 of 5000 returned; waiting for web1, web2, web3, web4, web5 and 4995 more'],
    [60, '0 of 5000 returned; waiting for web1, web2 and 4998 more'],
    [20, '0 of 5000 returned'],
    [10, '0 of 5000'],
    [1, ''],
    // It does not know how wide it is.
    [0, '0 of 5000 returned; waiting for web1, web2, web3, web4, web5 and 4995 more'],
  ] as const) {
    it(`fits a terminal of ${columns} columns`, () => {
      const line = new Line(columns)
      const view = new RunningView(line, new FakeClock())
      view.begin(ids(5000), { isWanted: true })
      assert.equal(line.text, expected)
    })
  }

  it('is not rewritten for each of very many returns', async () => {
    const clock = new FakeClock()
    const line = new Line()
    const view = new RunningView(line, clock)
    view.begin(ids(5000), { isWanted: true })
    for (const id of ids(4999)) view.settled(id)
    await clock.advance(100)
    assert.equal(line.text, '4999 of 5000 returned; waiting for web5000')
    assert.equal(line.writes, 2)
    view.end()
  })
})

const nginx = { id: 'nginx', result: true, hasChanges: true, number: 3, total: 40 }

describe('what minions say of their work', () => {
  it('is shown at once, and cut where the terminal ends', async () => {
    const clock = new FakeClock()
    const line = new Line(40)
    const view = new RunningView(line, clock)
    view.begin(ids(3))
    view.note('web2', nginx)
    await clock.advance(100)
    assert.equal(line.text, '0 of 3 returned; web2 3/40 nginx: chan…')
    view.note('web9', { ...nginx, id: 'nobody' })
    view.settled('web1')
    await clock.advance(100)
    assert.equal(line.text, '1 of 3 returned; web2 3/40 nginx: chan…')
    view.end()
  })

  it('needs no name where there is one minion', async () => {
    const clock = new FakeClock()
    const line = new Line()
    const view = new RunningView(line, clock)
    view.begin(ids(1))
    view.note('web1', nginx)
    await clock.advance(100)
    assert.equal(line.text, '3/40 nginx: changed')
    view.settled('web1')
    assert.equal(line.text, '')
  })
})

describe('the steps of an orchestration', () => {
  it('stand before the minions that are waited for', async () => {
    const clock = new FakeClock()
    const line = new Line(60)
    const view = new RunningView(line, clock)
    view.step({ id: 'deploy', number: 2, total: 3 })
    await clock.advance(100)
    assert.equal(line.text, '2/3 deploy')
    view.begin(ids(2), { isWanted: true })
    assert.equal(line.text, '2/3 deploy: 0 of 2 returned; waiting for web1, web2')
    for (const id of ids(2)) view.settled(id)
    await clock.advance(100)
    assert.equal(line.text, '2/3 deploy')
    view.end()
    assert.equal(line.text, '')
  })

  it('are not wider than the terminal', async () => {
    const clock = new FakeClock()
    const line = new Line(12)
    const view = new RunningView(line, clock)
    view.begin(ids(2), { isWanted: true })
    view.step({ id: 'deploy everything', number: 2, total: 3 })
    await clock.advance(100)
    assert.equal(line.text, '2/3 deploy…')
    view.end()
  })
})
