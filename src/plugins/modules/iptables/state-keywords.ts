/** What a state is given for the running of states, which is no part of the rule that it asks for. */

const requisites = ['listen', 'onchanges', 'onfail', 'prereq', 'require', 'use', 'watch']

const words = new Set([
  ...requisites.flatMap((name) => [name, `${name}_in`, `${name}_any`, `${name}_all`]),
  ...['check_cmd', 'failhard', 'fire_event', 'fun', 'name', 'onlyif', 'order', 'parallel', 'reload_grains'],
  ...['reload_modules', 'reload_pillar', 'retry', 'runas', 'runas_password', 'saltenv', 'state', 'unless', 'umask'],
])

/** Keyword arguments without those, and without what a job adds (`__pub_…`). */
export function ruleArguments(given: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const own = Object.entries(given).filter(([name]) => !words.has(name) && name !== 'save' && !name.startsWith('__'))
  return new Map(own)
}
