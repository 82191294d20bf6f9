/** All outputters by the name that `--out` takes. Only the one that is used is loaded. */
import type { Outputter } from '../../engine/output.ts'

const loaders: Readonly<Record<string, () => Promise<Outputter>>> = {
  grains: async () => (await import('./grains.ts')).grains,
  highstate: async () => (await import('./highstate.ts')).highstate,
  json: async () => (await import('./json.ts')).json,
  key: async () => (await import('./key.ts')).key,
  nested: async () => (await import('./nested.ts')).nested,
  newline_values_only: async () => (await import('./newline-values-only.ts')).newlineValuesOnly,
  no_return: async () => (await import('./no-return.ts')).noReturn,
  pprint: async () => (await import('./pprint.ts')).pprint,
  quiet: async () => (await import('./quiet.ts')).quiet,
  raw: async () => (await import('./raw.ts')).raw,
  table: async () => (await import('./table.ts')).table,
  txt: async () => (await import('./txt.ts')).txt,
  virt_query: async () => (await import('./virt-query.ts')).virtQuery,
  yaml: async () => (await import('./yaml.ts')).yaml,
}

const otherNames: Readonly<Record<string, string>> = { text: 'txt' }

export const outputterNames: readonly string[] = Object.keys(loaders)

/** Undefined where there is none of that name. */
export async function loadOutputter(name: string): Promise<Outputter | undefined> {
  const real = Object.hasOwn(otherNames, name) ? otherNames[name] : name
  return real !== undefined && Object.hasOwn(loaders, real) ? await loaders[real]?.() : undefined
}
