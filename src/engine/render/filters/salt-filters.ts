/** All the filters and tests that Salt adds to Jinja's own. */
import { dateFilters } from './dates.ts'
import { dictFilters } from './dicts.ts'
import { fileFilters } from './files.ts'
import type { FilterTable, TestTable } from './filter.ts'
import { test } from './filter.ts'
import { hashFilters } from './hashes.ts'
import { iteratorFilters } from './iterators.ts'
import { jsonQueryFilters } from './json-query.ts'
import { listFilters } from './lists.ts'
import { networkFilters } from './networks.ts'
import { randomFilters } from './random.ts'
import { regexFilters, regexTests } from './regexes.ts'
import { remoteFilters } from './remote.ts'
import { serializerFilters } from './serializers.ts'
import { textFilters } from './texts.ts'
import { yamlTextFilters } from './yaml-texts.ts'

/** They take precedence over Jinja's filters of the same name. */
export const saltFilters: FilterTable = new Map([
  ...dateFilters,
  ...dictFilters,
  ...fileFilters,
  ...hashFilters,
  ...iteratorFilters,
  ...jsonQueryFilters,
  ...listFilters,
  ...networkFilters,
  ...randomFilters,
  ...regexFilters,
  ...remoteFilters,
  ...serializerFilters,
  ...textFilters,
  ...yamlTextFilters,
])

export const saltTests: TestTable = new Map([
  ...regexTests,
  ['list', test('test_list', 'value', (value) => Array.isArray(value))],
])
