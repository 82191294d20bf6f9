/**
 * The program of the thread that one user module runs in, as text.
 *
 * It imports nothing of this project, so that it starts in the same way from the sources and from the single binary.
 * `s`, `fn`, `defineModule` and `defineGrains` are globals there: user modules cannot import them from anywhere.
 */
export const userWorkerSource = String.raw`
'use strict'
const { parentPort, workerData } = require('node:worker_threads')
const nodeModule = require('node:module')
const { readFileSync } = require('node:fs')
const { fileURLToPath, pathToFileURL } = require('node:url')

const withDescription = (keywords, description) =>
  description === undefined ? keywords : { ...keywords, description }
const typed = (type, more) => (description) => withDescription({ type, ...more }, description)
const s = {
  any: (description) => withDescription({}, description),
  string: typed('string'),
  text: typed('string', { format: 'text' }),
  path: typed('string', { format: 'path' }),
  command: typed('string', { format: 'command' }),
  secret: typed('string', { format: 'secret' }),
  integer: (description, limits = {}) => withDescription({ type: 'integer', ...limits }, description),
  number: (description, limits = {}) => withDescription({ type: 'number', ...limits }, description),
  seconds: typed('number', { format: 'seconds', minimum: 0 }),
  bytes: typed('integer', { format: 'bytes', minimum: 0 }),
  boolean: typed('boolean'),
  null: typed('null'),
  literal: (values, description) => withDescription({ enum: values }, description),
  array: (items, description) => withDescription({ type: 'array', items }, description),
  record: (values, description) => withDescription({ type: 'object', additionalProperties: values }, description),
  object: (properties, description) =>
    withDescription(
      {
        type: 'object',
        properties,
        required: Object.keys(properties).filter((name) => properties[name]['x-optional'] !== true),
        additionalProperties: false,
      },
      description,
    ),
  union: (anyOf, description) => withDescription({ anyOf }, description),
  optional: (schema) => ({ ...schema, 'x-optional': true }),
  ours: (schema) => ({ ...schema, 'x-ours': true }),
  withDefault: (schema, value) => ({ ...schema, 'x-optional': true, default: value }),
}
globalThis.s = s
globalThis.fn = (input) => ({ args: {}, ...input })
globalThis.defineModule = (definition) => definition
globalThis.defineGrains = (definition) => definition

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk) => {
    parentPort.postMessage({ kind: 'wrote', text: String(chunk) })
    return true
  }
}

const { emitWarning } = process
process.emitWarning = (warning, ...rest) => {
  if (rest[0] !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
}

// With the url, errors in the types have their line.
const stripTypes = (text, sourceUrl) => nodeModule.stripTypeScriptTypes(text, { sourceUrl })

nodeModule.registerHooks({
  load(url, context, nextLoad) {
    if (url === workerData.url && workerData.source !== undefined)
      return { format: 'module', source: stripTypes(workerData.source, url), shortCircuit: true }
    if (!url.startsWith('file:') || !/\.(?:ts|js)$/.test(url)) return nextLoad(url, context)
    const text = readFileSync(fileURLToPath(url), 'utf8')
    const source = url.endsWith('.ts') ? stripTypes(text, url) : text
    return { format: 'module', source, shortCircuit: true }
  },
})

/** Message with the line of the module that it comes from. */
const told = (error) => {
  const message = error instanceof Error ? error.message : String(error)
  const name = error instanceof Error ? error.name : 'Error'
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : ''
  const place = stack.split(workerData.url).slice(1).map((rest) => /^:(\d+)/.exec(rest)).find(Boolean)
  return { name, message, stack, ...(place ? { line: Number(place[1]) } : {}), code: error && error.saltCode }
}

let lastAsk = 0
const asks = new Map()
const ask = (call, method, params) =>
  new Promise((resolve, reject) => {
    const id = ++lastAsk
    asks.set(id, { resolve, reject })
    parentPort.postMessage({ kind: 'ask', id, call, method, params })
  })

const contextFor = (call, facts, signal) => ({
  ...facts,
  config: { get: (name) => facts.config[name], all: facts.config },
  signal,
  log: Object.fromEntries(
    ['trace', 'debug', 'info', 'warning', 'error', 'critical'].map((level) => [
      level,
      (message, fields) => void ask(call, 'log', { level, message: String(message), fields: fields || {} }),
    ]),
  ),
  salt: (fun, args, kwargs) => ask(call, 'salt', { fun, args: args || [], kwargs: kwargs || {} }),
  at: (path) => path,
  exec: (argv, options) => ask(call, 'exec', { argv, options: options || {} }),
  setRetcode: (retcode) => void ask(call, 'setRetcode', { retcode }),
  emit: (tag, data) => ask(call, 'emit', { tag, data }),
})

let modules = []
let grains = []

const described = (definition) => ({
  name: definition.name,
  doc: definition.doc,
  functions: Object.fromEntries(
    Object.entries(definition.functions).map(([name, fun]) => {
      const { run, ...doc } = fun && typeof fun === 'object' ? fun : {}
      return [name, { ...doc, runnable: typeof run === 'function' }]
    }),
  ),
})

const isObject = (value) => typeof value === 'object' && value !== null

let state
const load = async () => {
  const namespace = await import(workerData.url)
  if (workerData.source !== undefined) {
    if (!('default' in namespace)) throw new Error('the file has no default export: export default { … }')
    state = namespace.default
  }
  const exported = workerData.source === undefined ? Object.values(namespace).filter(isObject) : []
  modules = exported.filter((value) => isObject(value.functions))
  grains = exported.filter((value) => typeof value.read === 'function')
  parentPort.postMessage({
    kind: 'ready',
    modules: modules.map(described),
    grains: grains.map(({ name, doc }) => ({ name, doc })),
  })
}

const answer = async (call, work) => {
  try {
    const value = await work()
    parentPort.postMessage({ kind: 'result', call, value: value === undefined ? null : value })
  } catch (error) {
    parentPort.postMessage({ kind: 'error', call, error: told(error) })
  }
}

const controllers = new Map()
parentPort.on('message', (message) => {
  if (message.kind === 'call') {
    const { call, module, fun, args, more, facts } = message
    const controller = new AbortController()
    controllers.set(call, controller)
    const definition = modules.find((candidate) => candidate.name === module)
    const work = () => definition.functions[fun].run(contextFor(call, facts, controller.signal), args, more)
    void answer(call, work).finally(() => controllers.delete(call))
  } else if (message.kind === 'state') {
    const { call, facts } = message
    const controller = new AbortController()
    controllers.set(call, controller)
    const work = () => (typeof state === 'function' ? state(contextFor(call, facts, controller.signal)) : state)
    void answer(call, work).finally(() => controllers.delete(call))
  } else if (message.kind === 'grains') {
    const definition = grains.find((candidate) => candidate.name === message.name)
    const host = {
      platform: process.platform,
      readFile: (path) => {
        try {
          return readFileSync(path, 'utf8')
        } catch {
          return undefined
        }
      },
      exec: (argv) => ask(message.call, 'exec', { argv, options: {} }),
      config: { get: (name) => message.config[name], all: message.config },
    }
    void answer(message.call, () => definition.read(host))
  } else if (message.kind === 'answer') {
    const waiting = asks.get(message.id)
    asks.delete(message.id)
    if (message.error === undefined) waiting.resolve(message.value)
    else waiting.reject(Object.assign(new Error(message.error.message), { saltCode: message.error.code }))
  } else if (message.kind === 'abort') {
    const controller = controllers.get(message.call)
    if (controller) controller.abort(new Error(message.reason))
  }
})

load().catch((error) => parentPort.postMessage({ kind: 'failed', error: told(error) }))
`
