/**
 * The program of the thread that one file of user plugins runs in, as text.
 *
 * It imports nothing of this project, so that it starts in the same way from the sources and from the single binary.
 * `s`, `fn`, `defineModule` and their like are globals there: user plugins cannot import them from anywhere.
 */
export const userWorkerSource = String.raw`
'use strict'
const { inspect } = require('node:util')
const { parentPort, workerData } = require('node:worker_threads')
const nodeModule = require('node:module')
const { existsSync, readFileSync } = require('node:fs')
const { fileURLToPath, pathToFileURL } = require('node:url')
const v8 = require('node:v8')

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
globalThis.state = globalThis.fn
globalThis.runnerFn = globalThis.fn
for (const name of ['defineModule', 'defineGrains', 'defineStates', 'defineRunner']) {
  globalThis[name] = (definition) => definition
}
globalThis.right = (comment, more) => ({ kind: 'settled', result: true, comment, changes: {}, ...more })
globalThis.impossible = (comment, more) => ({ kind: 'settled', result: false, comment, changes: {}, ...more })
globalThis.pending = (plan) => ({ kind: 'pending', ...plan })
globalThis.done = (comment, changes, more) => ({ result: true, comment, changes: changes || {}, ...more })
globalThis.failed = (comment, changes, more) => ({ result: false, comment, changes: changes || {}, ...more })

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
/** Shared files lie in _utils on the file server, so that is how they are imported, and in utils where they are synced to. */
const syncedFile = (specifier, parent) => {
  if (!parent || !/^\.\.?\/(?:.*\/)?_utils\//.test(specifier)) return specifier
  const isThere = existsSync(fileURLToPath(new URL(specifier, parent)))
  return isThere ? specifier : specifier.replace('_utils/', 'utils/')
}

nodeModule.registerHooks({
  resolve(specifier, context, nextResolve) {
    return nextResolve(syncedFile(specifier, context.parentURL), context)
  },
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
  const message = error instanceof Error ? error.message : typeof error === 'string' ? error : inspect(error)
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

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical']

/** What an author's function is given. The session is what it runs for now: a plan is made in one call and done in another. */
const contextFor = (session, facts) => {
  const asking = (method, params) => ask(session.call, method, params)
  return {
    ...facts,
    config: { get: (name) => facts.config[name], all: facts.config },
    get signal() {
      return session.signal
    },
    log: Object.fromEntries(
      levels.map((level) => [
        level,
        (message, fields) => void asking('log', { level, message: String(message), fields: fields || {} }),
      ]),
    ),
    salt: (fun, args, kwargs) => asking('salt', { fun, args: args || [], kwargs: kwargs || {} }),
    at: (path) => path,
    exec: (argv, options) => asking('exec', { argv, options: options || {} }),
    setRetcode: (retcode) => void asking('setRetcode', { retcode }),
    emit: (tag, data) => asking('emit', { tag, data }),
    ...(workerData.kind === 'runners' ? masterContext(asking) : {}),
  }
}

const masterContext = (asking) => ({
  publish: (request) => asking('publish', { request }),
  progress: (value) => void asking('progress', { value }),
  print: (line) => asking('print', { line: String(line) }),
  minions: {
    accepted: () => asking('accepted', {}),
    connected: () => asking('connected', {}),
    grains: (id) => asking('grains', { id }),
    match: (tgt, tgtType) => asking('match', { tgt, tgtType }),
  },
})

let modules = []
let grains = []
let plain = {}

const isObject = (value) => typeof value === 'object' && value !== null

const describedFunction = (fun) => {
  const { run, plan, watch, ...doc } = isObject(fun) ? fun : {}
  const can = { runnable: run, plannable: plan, watchable: watch }
  return { ...doc, ...Object.fromEntries(Object.entries(can).map(([name, value]) => [name, typeof value === 'function'])) }
}

const described = (definition) => ({
  name: definition.name,
  doc: definition.doc,
  functions: Object.fromEntries(
    Object.entries(definition.functions).map(([name, fun]) => [name, describedFunction(fun)]),
  ),
})

/** What a file says of itself, where it has the name of what it is. */
const describing = { returners: ['name', 'options'], beacons: ['name', 'options', 'interval'] }

/** What a state file that is a program exports. */
let program
const load = async () => {
  const exports = await import(workerData.url)
  if (workerData.source !== undefined) {
    if (!('default' in exports)) throw new Error('the file has no default export: export default { … }')
    program = exports.default
  }
  const exported = workerData.source === undefined ? Object.values(exports).filter(isObject) : []
  modules = exported.filter((value) => isObject(value.functions))
  grains = exported.filter((value) => typeof value.read === 'function')
  plain = Object.fromEntries(Object.entries(exports).filter(([, value]) => typeof value === 'function'))
  if (workerData.kind === 'grains' && grains.length === 0)
    grains = Object.entries(plain).map(([name, read]) => ({ name, doc: '', read }))
  parentPort.postMessage({
    kind: 'ready',
    modules: modules.map(described),
    grains: grains.map(({ name, doc }) => ({ name, doc })),
    plain: Object.fromEntries(Object.entries(plain).map(([name, fun]) => [name, { ...fun }])),
    doc: typeof exports.doc === 'string' ? exports.doc : undefined,
    values: Object.fromEntries((describing[workerData.kind] || []).map((name) => [name, exports[name]])),
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

/** What was planned and not yet done, the oldest first. What is forgotten here is planned again. */
const plans = new Map()
const mostPlans = 1000
let lastPlan = 0

const kept = (plan, session) => {
  if (!isObject(plan) || plan.kind !== 'pending' || typeof plan.apply !== 'function') return plan
  const { apply, ...shown } = plan
  plans.set(++lastPlan, { apply: () => plan.apply(), session })
  if (plans.size > mostPlans) plans.delete(plans.keys().next().value)
  return { ...shown, ticket: lastPlan }
}

const functionOf = ({ module, fun }) =>
  module === null ? { run: plain[fun] } : modules.find((candidate) => candidate.name === module).functions[fun]

/** As it goes out in an event: dates are texts, and what is no data is left out. */
const plainly = (value) => {
  const text = JSON.stringify(value)
  return text === undefined ? null : JSON.parse(text)
}

const works = {
  give: async ({ fun, what, options, facts }, session) => {
    const outcome = await plain[fun](what, options, contextFor(session, facts))
    const isImpossible = isObject(outcome) && outcome.kind === 'settled' && outcome.result === false
    return isImpossible ? { impossible: String(outcome.comment) } : null
  },
  validate: async ({ config, facts }, session) => plainly(await plain.validate(config, contextFor(session, facts))),
  /** Its state outlives the thread, as bytes. */
  beacon: async ({ config, state, facts }, session) => {
    const kept = state === null ? {} : v8.deserialize(state)
    const events = plainly(await plain.beacon(config, kept, contextFor(session, facts)))
    return { events, state: v8.serialize(kept) }
  },
  state: ({ facts }, session) => (typeof program === 'function' ? program(contextFor(session, facts)) : program),
  call: ({ args, more, ...message }, session) =>
    functionOf(message).run(contextFor(session, message.facts), args, more),
  plan: async ({ args, more, watch, ...message }, session) => {
    const definition = functionOf(message)
    const context = contextFor(session, message.facts)
    return kept(await (watch ? definition.watch : definition.plan).call(definition, context, args, more), session)
  },
  apply: ({ ticket, call }, { signal }) => {
    const planned = plans.get(ticket)
    if (planned === undefined) return { forgotten: true }
    plans.delete(ticket)
    Object.assign(planned.session, { call, signal })
    return planned.apply()
  },
}

const controllers = new Map()
parentPort.on('message', (message) => {
  if (Object.hasOwn(works, message.kind)) {
    const { call } = message
    const controller = new AbortController()
    controllers.set(call, controller)
    const work = async () => works[message.kind](message, { call, signal: controller.signal })
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
