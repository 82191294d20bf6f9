/** Chunks of the binary as functions: what comes in by name, and what goes out. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import vm from 'node:vm'
import { chunkFunction, type EsChunk } from '../../../scripts/packaging/chunk-function.ts'
import type { ChunkFunction } from '../../../scripts/packaging/chunk-loader.ts'

const others: Readonly<Record<string, unknown>> = { './one.js': { a: 1, b: 2 }, 'node:fs': { readFileSync } }

function run(text: string, more: Partial<EsChunk> = {}): Record<string, unknown> {
  const code = chunkFunction({ name: 'chunk.js', text, lazy: [], entry: undefined, ...more })
  const chunk: ChunkFunction = vm.runInThisContext(code)
  const module = { exports: {} }
  chunk(
    module.exports,
    (name) => others[name],
    module,
    async (name) => others[name],
    'file:///',
  )
  return module.exports
}

test('names come in and go out', () => {
  const { sum, default: other } = run(
    'import{a,b as c}from"./one.js";import"./one.js";var s=a+c;export{s as sum,c as default};',
  )
  assert.deepEqual([sum, other], [3, 2])
})

test('modules of Node in each form', () => {
  const text = 'import{readFileSync}from"node:fs";import*as fs from"node:fs";var x=1;import path from"node:fs";'
  const { all } = run(`${text}var all=[readFileSync,fs.readFileSync,path.readFileSync];export{all};`)
  assert.deepEqual(all, [readFileSync, readFileSync, readFileSync])
})

test('what is imported on demand goes through the loader', async () => {
  const { load } = run('var load=()=>import("./one.js");export{load};', { lazy: ['one.js'] })
  assert.ok(load instanceof Function)
  assert.deepEqual(await load(), others['./one.js'])
})

test('a text that looks like an import stays', () => {
  const text = 'import { a } from "./one.js";'
  assert.equal(run(`var text=${JSON.stringify(text)};export{text};`).text, text)
})

test('a package may change its exports', () => {
  const text = 'var a=1,change=()=>{a=2};export{a,change};'
  const { change, ...own } = run(text)
  const live = run(text, { entry: 'es-package' })
  for (const one of [change, live.change]) {
    assert.ok(one instanceof Function)
    one()
  }
  assert.deepEqual([own.a, live.a], [1, 2])
})

test('a CommonJS package shows its properties beside its default', () => {
  const shown = run('var require_x=()=>({y:1});export default require_x();', { entry: 'cjs-package' })
  assert.equal(shown.y, 1)
  assert.deepEqual(shown.default, { y: 1 })
})

test('a module that is run later is refused', () => {
  assert.throws(() => run('var a,init_a=()=>{a=1};export{a,init_a};'), /run later/)
})
