import { pythonString } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'
import { entriesOf } from './entries.ts'

export const virtQuery: Outputter = {
  name: 'virt_query',
  doc: 'Virtual machines by host; nothing for other values.',
  render(value) {
    const hosts = entriesOf(entriesOf(value)?.find(([key]) => key === 'data')?.[1]) ?? []
    return hosts.flatMap(([host, info]) => [host, ...machinesOf(info)]).join('\n')
  },
}

function machinesOf(info: unknown): readonly string[] {
  const machines = entriesOf(entriesOf(info)?.find(([key]) => key === 'vm_info')?.[1]) ?? []
  return machines.flatMap(([machine, facts]) => {
    const known = new Map(entriesOf(facts))
    const shown = (['cpu', 'mem', 'state'] as const).filter((name) => known.has(name))
    const titles = { cpu: 'CPU', mem: 'Memory', state: 'State' }
    return [`  ${machine}`, ...shown.map((name) => `    ${titles[name]}: ${pythonString(known.get(name))}`)]
  })
}
