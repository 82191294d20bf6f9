/** SLS files: renderers, states with their arguments, reactions, and what their templates call. */
import { nearest } from '../../base/text.ts'
import { insteadOfRenderer } from '../render/missing-renderers.ts'
import { rendererPipe } from '../render/renderer-pipe.ts'
import { requisiteWords, reversedWords } from '../state/compile/requisite-words.ts'
import { globalOptions } from '../state/low-chunk.ts'
import { missingName } from './check-name.ts'
import type { Findings } from './finding.ts'
import type { Inventory, OwnPlugins } from './inventory.ts'
import { scanSources, scanTopFile } from './scan-lines.ts'
import { dynamic, type OutlineState, outlineStates } from './sls-outline.ts'
import { leftOutGrains } from './substitutes.ts'
import { templateUses } from './template-uses.ts'
import { reactionOf } from './tree-kinds.ts'

export interface ScanContext {
  readonly inventory: Inventory
  readonly own: OwnPlugins
  readonly findings: Findings
}

/** Words that every state takes. */
const common: ReadonlySet<string> = new Set([
  ...globalOptions,
  ...requisiteWords,
  ...reversedWords.keys(),
  ...['name', 'names', 'order', 'use_in', 'saltenv', 'state', 'fun', '__prereq__'],
])

const defaultRenderers = 'jinja|yaml'

/** @param role what is in it: states (or reactions), data of a pillar, or targets */
export function scanSls(file: string, text: string, role: 'states' | 'data' | 'top', context: ScanContext): void {
  const renderers = rendererPipe(text, defaultRenderers).calls.map(({ name }) => name)
  const { inventory, findings } = context
  let isReadable = true
  for (const name of renderers) {
    if (inventory.hasRenderer(name)) {
      findings.works('renderer')
      continue
    }
    isReadable = false
    const what = `the renderer ${name} is not here`
    const instead = insteadOfRenderer(name) ?? 'write the file for jinja|yaml'
    findings.add({ file, line: 1, level: 'unsupported', kind: 'renderer', name, what, instead })
  }
  if (!isReadable) return
  const isTemplate = renderers.includes('jinja')
  if (isTemplate) scanTemplate(file, text, context)
  if (!renderers.includes('yaml')) return
  if (role === 'top') scanTopFile(file, text, findings)
  if (role === 'states') {
    scanSources(file, text, findings)
    for (const state of outlineStates(text)) scanState(file, state, context)
  }
}

/** What a template calls, in an SLS file or any other. */
export function scanTemplate(file: string, text: string, { inventory, own, findings }: ScanContext): void {
  const { uses, fault } = templateUses(text)
  if (fault === undefined) findings.works('template')
  else {
    const { message, line } = fault
    findings.add({ file, line, level: 'unsupported', kind: 'template', name: 'jinja', what: message })
  }
  for (const { kind, name, line } of uses) {
    if (kind === 'function') {
      const missing = missingName('function', name, inventory.functions, own.modules, own.python)
      if (missing === undefined) findings.works('function')
      else findings.add({ file, line, level: 'unsupported', kind, name, ...missing })
    } else if (kind === 'grain') {
      if (!Object.hasOwn(leftOutGrains, name)) findings.works('grain')
      else {
        const instead = leftOutGrains[name] ?? ''
        findings.add({ file, line, level: 'unsupported', kind, name, what: `the grain ${name} is not here`, instead })
      }
    } else if (kind === 'filter' ? inventory.hasFilter(name) : inventory.hasTest(name)) findings.works('filter')
    else
      findings.add({ file, line, level: 'unsupported', kind: 'filter', name, what: `the ${kind} ${name} is not here` })
  }
}

function scanState(file: string, state: OutlineState, context: ScanContext): void {
  const { module, fun, line, args } = state
  const { inventory, own, findings } = context
  if (fun === undefined || fun.includes(dynamic) || module.includes(dynamic)) return
  const name = `${module}.${fun}`
  if (reactionOf(name) !== undefined) return scanReaction(file, name, line, context)
  const missing = missingName('state', name, inventory.states, own.states, own.python)
  if (missing !== undefined) {
    // Mappings of data look like states to whoever reads the text alone.
    if (state.args.length > 0 || name.includes('.')) {
      findings.add({ file, line, level: 'unsupported', kind: 'state', name, ...missing })
    }
    return
  }
  findings.works('state')
  scanCalled(file, name, state, context)
  const doc = inventory.states.get(name)
  if (doc === undefined || doc.extra !== undefined) return
  for (const arg of args) {
    const isKnown = Object.hasOwn(doc.args, arg.name) || common.has(arg.name) || arg.name.startsWith('__')
    if (isKnown || arg.name.includes(dynamic)) {
      findings.works('argument')
      continue
    }
    const [best] = nearest(arg.name, Object.keys(doc.args))
    findings.add({
      file,
      line: arg.line,
      level: 'ineffective',
      kind: 'argument',
      name: `${name} ${arg.name}`,
      what: `${name} has no argument ${arg.name}`,
      ...(best === undefined ? {} : { instead: `did you mean ${best}?` }),
    })
  }
}

/** Functions that a state names: `module.run`, `salt.function`, `salt.runner`, `salt.wheel`. */
function scanCalled(file: string, name: string, { args, line }: OutlineState, context: ScanContext): void {
  const kind = callers[name]
  if (kind === undefined) return
  const named = args.find((arg) => arg.name === 'name')
  const asKeys = name === 'module.run' ? args.filter((arg) => /^\w+\.\w+$/.test(arg.name)) : []
  if (named !== undefined && /^\w+\.\w+$/.test(named.value)) checkCalled(kind, named.value, file, named.line, context)
  for (const arg of asKeys) checkCalled(kind, arg.name, file, arg.line ?? line, context)
}

const callers: Readonly<Record<string, 'function' | 'runner' | 'wheel'>> = {
  'module.run': 'function',
  'module.wait': 'function',
  'salt.function': 'function',
  'salt.runner': 'runner',
  'salt.wheel': 'wheel',
}

function scanReaction(file: string, name: string, line: number, context: ScanContext): void {
  const reaction = reactionOf(name)
  if (reaction !== undefined) checkCalled(reaction.kind, reaction.called, file, line, context)
}

function checkCalled(
  kind: 'function' | 'runner' | 'wheel',
  name: string,
  file: string,
  line: number,
  { inventory, own, findings }: ScanContext,
): void {
  const known = { function: inventory.functions, runner: inventory.runners, wheel: inventory.wheels }[kind]
  const ours = { function: own.modules, runner: own.runners, wheel: own.wheel }[kind]
  const missing = missingName(kind, name, known, ours, own.python)
  if (missing === undefined) findings.works(kind)
  else findings.add({ file, line, level: 'unsupported', kind, name, ...missing })
}
