import { setTimeout as pause } from 'node:timers/promises'
import { s } from '../../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { type BundleUpdate, updateBundle } from './bundle-update.ts'
import { type QueryResult, query } from './query.ts'
import type { QueryOptions } from './request.ts'

const url = s.string('The URL')
const flag = (description: string) => s.withDefault(s.boolean(description), false)
const file = (description: string) => s.optional(s.path(description))

const options = {
  method: s.withDefault(s.string('GET, POST, PUT, DELETE…'), 'GET'),
  params: s.optional(s.any('What is added to the URL behind the question mark: a mapping, or text')),
  data: s.optional(
    s.any('What is sent: text, or a mapping that is sent as a form, or as JSON where the Content-Type says so'),
  ),
  data_file: file('File whose content is sent'),
  header_dict: s.optional(s.record(s.any(), 'Headers with their values')),
  header_list: s.optional(s.array(s.string(), 'Headers, as name: value each')),
  header_file: file('File with a header on each line'),
  username: s.optional(s.string('Who asks')),
  password: s.optional(s.string('The password of who asks')),
  auth: s.optional(s.array(s.string(), 'Name and password of who asks, as a list')),
  decode: flag('Read the answer by its kind, and give it as dict'),
  decode_type: s.withDefault(s.string('json, xml, yaml or plain; auto: as the answer says'), 'auto'),
  status: flag('Tell the status of the answer'),
  headers: flag('Tell the headers of the answer'),
  text: flag('Tell the text of the answer as text too'),
  cookies: s.optional(s.any('Whether to keep cookies')),
  cookie_jar: file('File to keep cookies in; cookies.txt in the cache by default'),
  cookie_format: s.withDefault(s.string('Form of that file: lwp or mozilla'), 'lwp'),
  persist_session: flag('Keep cookies that are meant for one session'),
  session_cookie_jar: file('File to keep those in; cookies.session in the cache by default'),
  test: flag('Ask nothing, or what test_url names'),
  test_url: s.optional(s.string('URL to ask instead, with test')),
  opts: s.optional(s.record(s.any(), 'Options of the configuration that are other for this query')),
  backend: s.optional(s.string('Has no effect: there is one only')),
  ca_bundle: file('File of trusted certificates; that of the system by default'),
  verify_ssl: s.optional(s.boolean('Whether to make sure who answers; verify_ssl of the configuration by default')),
  cert: s.optional(
    s.union(
      [s.string(), s.array(s.string())] as const,
      'File with the certificate of who asks and its key, or one of each',
    ),
  ),
  text_out: file('File to write the answer to'),
  headers_out: file('File to write the headers of the answer to'),
  decode_out: file('File to write the answer to when it is decoded'),
  agent: s.optional(s.string('What to call this program (User-Agent)')),
  hide_fields: s.optional(s.array(s.string(), 'Names in the URL whose values are not logged')),
  raise_error: s.withDefault(s.boolean('Tell errors; otherwise the body is that of the error, or null'), true),
  formdata: flag('Send the data as the file of a form'),
  formdata_fieldname: s.optional(s.string('Name of the field, with formdata')),
  formdata_filename: s.optional(s.string('Name of the file, with formdata')),
  decode_body: s.withDefault(s.boolean('Read the answer as text; otherwise it is given as bytes'), true),
  data_render: flag('The file with the data is a template'),
  data_renderer: s.optional(s.string('Template engine of that file: jinja')),
  header_render: flag('The file with headers is a template'),
  header_renderer: s.optional(s.string('Template engine of that file: jinja')),
  template_dict: s.optional(s.record(s.any(), 'Variables of these templates')),
}

const plainOptions: QueryOptions = {
  method: 'GET',
  decode: false,
  decode_type: 'auto',
  status: false,
  headers: false,
  text: true,
  cookie_format: 'lwp',
  data_render: false,
  header_render: false,
  persist_session: false,
  test: false,
  raise_error: true,
  formdata: false,
  decode_body: true,
}

interface Wait {
  readonly waitFor: number
  readonly interval: number
}

/** The first answer without an error, or the last one when the time is over; an error of the last try is thrown. */
async function queryUntilGood(ctx: FunctionContext, url: string, wait: Wait, args: QueryOptions): Promise<QueryResult> {
  const end = performance.now() + wait.waitFor * 1000
  for (;;) {
    const result = await attempt(() => query(ctx, url, args))
    const isGood = 'result' in result && result.result.error === undefined
    if (isGood || performance.now() + wait.interval * 1000 > end) {
      if ('result' in result) return result.result
      throw result.error
    }
    await pause(wait.interval * 1000, undefined, { signal: ctx.signal })
  }
}

async function attempt(
  work: () => Promise<QueryResult>,
): Promise<{ readonly result: QueryResult } | { readonly error: unknown }> {
  try {
    return { result: await work() }
  } catch (error) {
    return { error }
  }
}

export const http = defineModule({
  name: 'http',
  doc: 'Asks web servers.',
  functions: {
    query: fn({
      doc: 'Ask a web server: the body of the answer, and what else is asked for. Where it fails, error tells why.',
      args: { url, ...options },
      returns: s.record(s.any()),
      examples: [
        "salt '*' http.query http://www.example.org/",
        "salt '*' http.query http://www.example.org/ method=POST params='{key1: val1, key2: val2}'",
        "salt '*' http.query http://www.example.org/status.json decode=True decode_type=json status=True",
      ],
      run: (ctx, { url, ...args }) => query(ctx, url, args),
    }),
    wait_for_successful_query: fn({
      doc: 'Ask a web server again and again until it answers without an error.',
      args: {
        url,
        wait_for: s.withDefault(s.seconds('How long to go on asking'), 300),
        ...options,
        request_interval: s.withDefault(s.seconds('How long to wait between two questions'), 1),
      },
      returns: s.record(s.any()),
      examples: ["salt '*' http.wait_for_successful_query http://www.example.org/ wait_for=160 request_interval=1"],
      run: (ctx, { url, wait_for, request_interval, ...args }) =>
        queryUntilGood(ctx, url, { waitFor: wait_for, interval: request_interval }, args),
    }),
    update_ca_bundle: fn({
      doc: 'Put the certificates that Mozilla trusts into the file of trusted certificates.',
      args: {
        target: file('The file; that of the system by default'),
        source: s.optional(s.string('URL of the certificates; ca_bundle_url of the configuration by default')),
        merge_files: s.optional(
          s.union([s.string(), s.array(s.string())] as const, 'Files with further certificates to put in'),
        ),
      },
      returns: s.null(),
      examples: [
        "salt '*' http.update_ca_bundle",
        "salt '*' http.update_ca_bundle target=/srv/app/cacerts.pem source=http://www.example.org/cacert.pem",
      ],
      async run(ctx, { target, source, merge_files = [] }) {
        const update: BundleUpdate = { target, source, mergeFiles: [merge_files].flat() }
        await updateBundle(ctx, update, plainOptions)
        return null
      },
    }),
  },
})
