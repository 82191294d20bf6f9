/** Words that bind states to others, in SLS files. */

/** What says that this state depends on others. */
export const requisiteWords: ReadonlySet<string> = new Set([
  ...['require', 'require_any', 'watch', 'watch_any', 'prereq', 'onchanges', 'onchanges_any'],
  ...['onfail', 'onfail_any', 'onfail_all', 'onfail_stop', 'use', 'listen'],
])

/** What says at this end that others depend on this state, and the word that stands at the other end then. */
export const reversedWords: ReadonlyMap<string, string> = new Map([
  ['require_in', 'require'],
  ['watch_in', 'watch'],
  ['onfail_in', 'onfail'],
  ['onchanges_in', 'onchanges'],
  ['prereq_in', 'prereq'],
  ['listen_in', 'listen'],
])

/** What is done with at compile time and stays in no chunk. */
export const consumedWords: ReadonlySet<string> = new Set([...reversedWords.keys(), 'use', 'use_in'])
