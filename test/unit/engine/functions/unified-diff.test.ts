import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unifiedDiff } from '../../../../src/engine/functions/unified-diff.ts'

/** Made with Python's `difflib.unified_diff`. */
const cases: readonly { readonly name: string; readonly from: string; readonly to: string; readonly diff: string }[] = [
  { name: 'no difference', from: 'ab', to: 'ab', diff: '' },
  { name: 'from nothing', from: '', to: 'a', diff: '--- \n+++ \n@@ -0,0 +1 @@\n+a\n' },
  { name: 'to nothing', from: 'ab', to: '', diff: '--- \n+++ \n@@ -1,2 +0,0 @@\n-a\n-b\n' },
  {
    name: 'three lines around a change',
    from: 'abcdefghi',
    to: 'abcdXfghi',
    diff: '--- \n+++ \n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n',
  },
  {
    name: 'changes that are near each other stand together',
    from: 'abcdefgh',
    to: 'XbcdefgY',
    diff: '--- \n+++ \n@@ -1,8 +1,8 @@\n-a\n+X\n b\n c\n d\n e\n f\n g\n-h\n+Y\n',
  },
  {
    name: 'changes that are not stand apart',
    from: 'abcdefghi',
    to: 'XbcdefghY',
    diff: '--- \n+++ \n@@ -1,4 +1,4 @@\n-a\n+X\n b\n c\n d\n@@ -6,4 +6,4 @@\n f\n g\n h\n-i\n+Y\n',
  },
]

const lines = (letters: string) => [...letters].map((letter) => `${letter}\n`)

for (const { name, from, to, diff } of cases) {
  test(name, () => assert.equal(unifiedDiff(lines(from), lines(to)), diff))
}

test('names of the files', () => {
  assert.equal(unifiedDiff(['a'], ['b'], { from: 'x', to: 'y' }), '--- x\n+++ y\n@@ -1 +1 @@\n-a+b')
})

test('lines that are too frequent do not say where texts are alike', () => {
  const from = Array.from({ length: 250 }, (_, index) => (index % 2 === 0 ? '\n' : `${index}\n`))
  const to = ['new\n', ...from]
  assert.equal(unifiedDiff(from, to), '--- \n+++ \n@@ -1,3 +1,4 @@\n+new\n \n 1\n \n')
})

test('twenty thousand lines take no long time', () => {
  const from = Array.from({ length: 20_000 }, (_, index) => `${index}\n`)
  const to = from.filter((_, index) => index % 100 !== 7)
  const begin = performance.now()
  assert.match(unifiedDiff(from, to), /^--- \n\+\+\+ \n@@ -5,7 \+5,6 @@/)
  assert.ok(performance.now() - begin < 15_000)
})

test('no lines around the changes', () => {
  const diff = unifiedDiff(lines('abcde'), lines('Xbcd'), { context: 0 })
  assert.equal(diff, '--- \n+++ \n@@ -1 +1 @@\n-a\n+X\n@@ -5 +4,0 @@\n-e\n')
})
