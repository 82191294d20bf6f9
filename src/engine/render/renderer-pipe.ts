/** `#!jinja|yaml`: the renderers that the first line of an SLS file names, one after the other. */

export interface RendererCall {
  readonly name: string
  /** What stands behind the name, without the white space around it. */
  readonly options: string
}

export interface RendererPipe {
  readonly calls: readonly RendererCall[]
  /** Without the line that names renderers; an empty one takes its place, so that lines keep their numbers. */
  readonly text: string
}

/** @param renderer What a file is rendered with whose first line names none. That of a program (`#!/bin/sh`) does not. */
export function rendererPipe(text: string, renderer: string): RendererPipe {
  const [first = ''] = text.split('\n', 1)
  const named = /^#!(?!\/)(.*)$/.exec(first.trimEnd())?.[1]
  return { calls: callsOf(named ?? renderer), text: named === undefined ? text : text.slice(first.length) }
}

function callsOf(pipe: string): RendererCall[] {
  return modern(pipe.trim())
    .split('|')
    .map((part) => {
      const [name = '', ...options] = part.trim().split(/\s+/)
      return { name, options: options.join(' ') }
    })
}

/** `yaml_jinja` is what old trees say for `jinja|yaml`. */
function modern(pipe: string): string {
  const [, format, template] = /^(yaml|json|yamlex)_(jinja|mako|wempy)$/.exec(pipe) ?? []
  return format === undefined || template === undefined ? pipe : `${template}|${format}`
}
