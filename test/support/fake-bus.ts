/** A master's bus that answers what a test tells it to. */
import type { MasterBusMethods, PublishItem } from '../../src/client/api.ts'
import type { MasterBus } from '../../src/client/master-bus.ts'

export interface FakeCall {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal | undefined
  item(item: PublishItem): void
}

export type FakeAnswers = { [M in keyof MasterBusMethods]?: (call: FakeCall) => unknown }

export interface FakeBus {
  readonly bus: Pick<MasterBus, 'call'>
  readonly calls: readonly FakeCall[]
}

export function fakeBus(answers: FakeAnswers): FakeBus {
  const calls: FakeCall[] = []
  const call = async (
    method: keyof MasterBusMethods,
    params: unknown,
    options: { onItem?: (item: never) => void; signal?: AbortSignal } = {},
  ): Promise<unknown> => {
    const made: FakeCall = {
      method,
      params: params as Readonly<Record<string, unknown>>,
      signal: options.signal,
      item: (item) => options.onItem?.(item as never),
    }
    calls.push(made)
    const answer = answers[method]
    if (answer === undefined) throw new Error(`nobody expects ${method}`)
    return await answer(made)
  }
  return { bus: { call: call as MasterBus['call'] }, calls }
}
