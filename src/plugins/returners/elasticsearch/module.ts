import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { httpOptions } from '../../../engine/returners/http-options.ts'

export const elasticsearch = defineReturner({
  name: 'elasticsearch',
  doc: `Stores returns, events and jobs in Elasticsearch or OpenSearch, with its bulk interface.

The name of the index is a template: \${kind}, \${date} (2026.11.21, of the job or event, in UTC), \${fun}, \${id} …; a document has an id
of its own, so that what is delivered twice is there once. What differs in shape from one return or event to the next (return,
fun_args, arg, data, metadata) is stored as JSON text, so that no two of them contradict each other; values_as: data stores it as
it is, and gives up what contradicts the index.`,
  options: {
    hosts: s.withDefault(
      s.union([s.string(), s.array(s.string())], 'URLs of the servers; the next is tried where one does not answer'),
      'http://localhost:9200',
    ),
    index: s.withDefault(s.string('Name of the index'), `salt-\${kind}-\${date}`),
    operation: s.withDefault(s.literal(['index', 'create'], 'create is what data streams take'), 'index'),
    values_as: s.withDefault(s.literal(['text', 'data'], 'How values without a fixed shape are stored'), 'text'),
    api_key: s.optional(s.secret('A key instead of user and password')),
    ...httpOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return elasticsearch",
    `salt '*' test.ping --return elasticsearch --return_kwargs '{"hosts": "https://search.example.org:9200", "api_key": "…"}'`,
  ],
  open: async (context, options) => (await import('./bulk.ts')).openBulk(context, options),
})
