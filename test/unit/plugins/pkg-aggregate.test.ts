import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aggregatePackages } from '../../../src/plugins/states/pkg/aggregate.ts'

const chunk = (name: string, args: Record<string, unknown> = {}, fun = 'installed') => ({
  fun,
  name,
  args: { name, ...args },
})

test('packages of later states are installed with the first', () => {
  const args = aggregatePackages(chunk('bash'), [
    chunk('zsh', { version: '5.9' }),
    chunk('x', { pkgs: ['vim', { tmux: '3' }] }),
  ])
  assert.deepEqual(args, { name: 'bash', pkgs: ['bash', { zsh: '5.9' }, 'vim', { tmux: '3' }] })
})

test('what is named twice is installed once, in the version that is named', () => {
  const args = aggregatePackages(chunk('bash', { version: '5' }), [chunk('bash'), chunk('x', { pkgs: ['vim', 'vim'] })])
  assert.deepEqual(args, { name: 'bash', pkgs: [{ bash: '5' }, 'vim'] })
})

test('other functions, repositories, files and holds stay apart', () => {
  const first = chunk('bash')
  const others = [
    chunk('zsh', {}, 'removed'),
    chunk('zsh', { fromrepo: 'backports' }),
    chunk('zsh', { sources: [{ zsh: '/zsh.deb' }] }),
    chunk('zsh', { hold: true }),
  ]
  assert.equal(aggregatePackages(first, others), first.args)
  assert.equal(aggregatePackages(chunk('bash', { hold: true }), [chunk('zsh')]).pkgs, undefined)
})

test('files of later states are installed with those of the first', () => {
  const args = aggregatePackages(chunk('a', { sources: [{ a: '/a.deb' }] }), [
    chunk('b', { sources: [{ b: '/b.deb' }] }),
  ])
  assert.deepEqual(args.sources, [{ a: '/a.deb' }, { b: '/b.deb' }])
})
