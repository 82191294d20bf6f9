/** The text that `sys.doc` shows for a function, made from its description. */
import { pythonRepr } from '../../base/python-repr.ts'
import type { Schema } from '../../base/schema.ts'
import { indent } from '../../base/text.ts'
import { expectation } from '../../base/validate.ts'
import type { FunctionDoc } from '../plugin.ts'

/** `cmd.retcode(cmd, cwd=None, **kwargs)`. */
export function signatureOf(name: string, doc: FunctionDoc): string {
  const parts = Object.entries(doc.args).map(([arg, schema]) =>
    schema['x-optional'] === true ? `${arg}=${pythonRepr(schema.default ?? null)}` : arg,
  )
  if (doc.rest !== undefined) parts.push('*args')
  if (doc.extra !== undefined) parts.push('**kwargs')
  return `${name}(${parts.join(', ')})`
}

/** Signature, description, arguments and examples as plain text without a line break at its end. */
export function renderDoc(name: string, doc: FunctionDoc, command = 'CLI Example'): string {
  const sections = [signatureOf(name, doc), doc.doc]
  const args = Object.entries(doc.args).filter(([, schema]) => schema.description !== undefined)
  if (args.length > 0) sections.push(args.map(([arg, schema]) => argumentText(arg, schema)).join('\n'))
  // Those of states have several lines each.
  const gap = doc.examples.some((example) => example.includes('\n')) ? '\n\n' : '\n'
  if (doc.examples.length > 0) sections.push(`${command}:\n\n${indent(doc.examples.join(gap), '    ')}`)
  return sections.join('\n\n')
}

/** What stands in place of a result when arguments do not fit: the fault, then the function's own doc. */
export function invalidArgumentsText(name: string, message: string, doc: FunctionDoc | undefined): string {
  const own = doc === undefined ? '' : `\n\n${indent(renderDoc(name, doc), '    ')}`
  return `Passed invalid arguments to ${name}: ${message}${own}`
}

function argumentText(name: string, schema: Schema): string {
  const description = schema.description ?? ''
  const dot = /[.!?]$/.test(description) ? '' : '.'
  const wanted = schema.type === undefined && schema.anyOf === undefined && schema.enum === undefined
  return `${name}\n    ${description}${dot}${wanted ? '' : ` (${expectation(schema)})`}`
}

/** What `sys.argspec` returns for one function; null stands where Salt has None. */
export interface ArgumentSpecification {
  readonly args: readonly string[]
  readonly defaults: readonly unknown[] | null
  readonly varargs: true | null
  readonly kwargs: true | null
}

export function argspecOf(doc: FunctionDoc): ArgumentSpecification {
  const optional = Object.values(doc.args).filter((schema) => schema['x-optional'] === true)
  return {
    args: Object.keys(doc.args),
    defaults: optional.length === 0 ? null : optional.map((schema) => schema.default ?? null),
    varargs: doc.rest === undefined ? null : true,
    kwargs: doc.extra === undefined ? null : true,
  }
}

/** The arguments as one JSON Schema, for editors and other programs. */
export function argumentSchema({ doc, args, extra }: FunctionDoc): Schema {
  const required = Object.entries(args).filter(([, schema]) => schema['x-optional'] !== true)
  const properties = Object.entries(args).map(([name, { 'x-optional': _, 'x-ours': __, ...schema }]) => [name, schema])
  return {
    type: 'object',
    description: doc,
    properties: Object.fromEntries(properties),
    required: required.map(([name]) => name),
    additionalProperties: extra ?? false,
  }
}
