import type { FunctionDoc } from '../../engine/catalogue.ts'
import type { Inventory } from '../../engine/compat/inventory.ts'
import type { ModuleDocs } from '../../engine/functions/catalogue.ts'
import { masterTable } from '../../engine/options/master-table.ts'
import { minionTable } from '../../engine/options/minion-table.ts'
import { templateNames } from '../../engine/render/jinja.ts'
import { rendererNames } from '../../engine/render/render-sls.ts'
import { moduleRegistry, runnerRegistry, stateRegistry, wheelRegistry } from '../../plugins/registry.ts'

/** What this program has, whatever host it runs on. */
export async function inventory(): Promise<Inventory> {
  const [modules, states, runners, wheels] = await Promise.all(
    [moduleRegistry, stateRegistry, runnerRegistry, wheelRegistry].map((registry) => registry.loadDocs()),
  )
  return {
    states: byName(states),
    functions: byName(modules),
    runners: byName(runners),
    wheels: byName(wheels),
    hasRenderer: (name) => rendererNames.includes(name),
    hasFilter: templateNames.hasFilter,
    hasTest: templateNames.hasTest,
    options: { master: masterTable, minion: minionTable },
  }
}

function byName(docs: Readonly<Record<string, ModuleDocs>> | undefined): ReadonlyMap<string, FunctionDoc> {
  return new Map(
    Object.entries(docs ?? {}).flatMap(([module, { functions }]) =>
      Object.entries(functions).map(([fun, doc]): [string, FunctionDoc] => [`${module}.${fun}`, doc]),
    ),
  )
}
