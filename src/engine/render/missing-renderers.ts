/** Renderers of Salt that are not here, with what to write instead. */

const asJinja = 'write the file as Jinja, which has loops, conditions and macros, too'
const asScript =
  'write the file as TypeScript (#!ts), with the data, or a function that gives them, as its default export'
const asYaml = 'write the file as YAML'
const asGpg = 'keep secrets in the pillar, encrypted for the renderer gpg'

/** Name → what to write instead. */
export const missingRenderers: Readonly<Record<string, string>> = {
  aws_kms: asGpg,
  cheetah: asJinja,
  dson: asYaml,
  genshi: asJinja,
  hjson: asYaml,
  json5: asYaml,
  mako: asJinja,
  msgpack: asYaml,
  nacl: asGpg,
  pass: asGpg,
  py: asScript,
  pydsl: asScript,
  pyobjects: asScript,
  stateconf:
    "write the file for jinja|yaml, with ids that begin with {{ sls }} and 'require' in place of the order of the file",
  toml: asYaml,
  tomlmod: asYaml,
  wempy: asJinja,
  yamlex: 'write the file as YAML; in place of !aggregate merge lists and mappings with Jinja',
}

/** Undefined for a renderer that Salt does not have either. */
export function insteadOfRenderer(name: string): string | undefined {
  return Object.hasOwn(missingRenderers, name) ? missingRenderers[name] : undefined
}
