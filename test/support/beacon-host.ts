import type { Clock } from '../../src/base/clock.ts'
import { parseYaml } from '../../src/base/yaml.ts'
import type { BeaconContext, BeaconEvent, OpenBeacon } from '../../src/engine/beacon.ts'
import { readBeacon } from '../../src/engine/beacons/beacon-config.ts'
import { createFunctionContext } from '../../src/engine/functions/context.ts'
import { beaconRegistry } from '../../src/plugins/registry.ts'
import { FakeClock } from './fake-clock.ts'
import { FunctionHost, type HostOptions } from './function-host.ts'
import { Changes } from './waiting.ts'

/** One built-in beacon at work on a host of the test's own. */
export class BeaconHost implements AsyncDisposable {
  readonly host: FunctionHost
  readonly clock: Clock
  readonly #root: string | undefined
  readonly #controller = new AbortController()
  readonly #changes = new Changes()
  #beacon: OpenBeacon | undefined
  #wakes = 0

  constructor(options: HostOptions = {}, clock: Clock = new FakeClock()) {
    this.host = new FunctionHost({ grains: { kernel: 'Linux' }, ...options })
    this.clock = clock
    this.#root = options.root
  }

  /** Opens it by what stands under its name in the configuration. */
  async open(name: string, yaml: string): Promise<this> {
    const definition = await beaconRegistry[name]?.()
    if (definition === undefined) throw new Error(`there is no beacon ${name}`)
    const { config, problems } = readBeacon(name, parseYaml(yaml), definition)
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
    this.#beacon = await definition.open(this.#context, config.options as never, config.extra as never)
    return this
  }

  async read(): Promise<readonly BeaconEvent[]> {
    if (this.#beacon === undefined) throw new Error('no beacon was opened')
    return await this.#beacon.read()
  }

  /** Reads each time it is woken, until there is what is looked for; all that was told until then. */
  async readUntil(isEnough: (events: readonly BeaconEvent[]) => boolean): Promise<readonly BeaconEvent[]> {
    const told: BeaconEvent[] = [...(await this.read())]
    let seen = 0
    while (!isEnough(told)) {
      seen = await this.#changes.until(
        () => (this.#wakes > seen ? this.#wakes : undefined),
        () => `it was not woken again; so far it told ${JSON.stringify(told)}`,
        10_000,
      )
      told.push(...(await this.read()))
    }
    return told
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#beacon?.[Symbol.asyncDispose]()
  }

  get #context(): BeaconContext {
    const { context } = createFunctionContext({
      ...this.host.inputs,
      signal: this.#controller.signal,
      ...(this.#root === undefined ? {} : { root: this.#root }),
    })
    return {
      id: context.id,
      grains: context.grains,
      config: context.config,
      log: context.log,
      clock: this.clock,
      signal: context.signal,
      exec: context.exec,
      salt: context.salt,
      at: context.at,
      wake: () => {
        this.#wakes += 1
        this.#changes.happened()
      },
    }
  }
}
