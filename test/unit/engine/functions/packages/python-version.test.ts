import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  comparePythonVersions,
  meetsConditions,
  parseRequirement,
} from '../../../../../src/engine/functions/packages/python-version.ts'

/** In the order of PEP 440; what stands in one text counts as the same. */
const ordered = [
  'nonsense',
  '1.dev0',
  '1.0.dev456 1.0-dev456',
  '1.0a1 1.0.alpha-1 v1.0a1',
  '1.0a2.dev456',
  '1.0a12.dev456',
  '1.0a12',
  '1.0b1.dev456',
  '1.0b2',
  '1.0b2.post345.dev456',
  '1.0b2.post345',
  '1.0rc1.dev456',
  '1.0rc1 1.0c1 1.0-preview1',
  '1.0 1 1.0.0',
  '1.0+abc.5',
  '1.0+abc.7',
  '1.0+5',
  '1.0.post456.dev34',
  '1.0.post456 1.0-456 1.0.r456',
  '1.0.15',
  '1.1.dev1',
  '1.10',
  '2018.1',
  '1!0.1',
].map((line) => line.split(' '))

test('versions of Python have their order', () => {
  for (const [at, same] of ordered.entries()) {
    for (const [index, others] of ordered.entries()) {
      for (const left of same) {
        for (const right of others) {
          assert.equal(comparePythonVersions(left, right), Math.sign(at - index), `${left} and ${right}`)
        }
      }
    }
  }
})

test('conditions on versions', () => {
  for (const [word, yes, no] of [
    ['a>=1.6,<=1.7', ['1.6', '1.6.9', '1.7.0'], ['1.5', '1.7.1']],
    ['a ~= 2.2', ['2.2', '2.9'], ['2.1', '3.0']],
    ['a~=1.4.5', ['1.4.5', '1.4.9'], ['1.5', '1.4.4']],
    ['a==1.*', ['1.0', '1.9.1', '1'], ['2.0']],
    ['a!=1.2.*', ['1.3', '1.20'], ['1.2', '1.2.3']],
    ['a!=1.5', ['1.6'], ['1.5', '1.5.0']],
    ['a === 1.0', ['1.0'], ['1.0.0']],
    ['a==1.0', ['1.0+local', '1'], ['1.0.1']],
    ['a==1.0+local', ['1.0+local'], ['1.0']],
    ['a>1', ['1.0.1', '2'], ['1', '0.9']],
    ['a(<3)', ['2.9'], ['3']],
    ['a', ['0', 'anything'], []],
  ] as const) {
    const conditions = parseRequirement(word)?.conditions ?? assert.fail(word)
    for (const version of yes) assert.equal(meetsConditions(version, conditions), true, `${word}: ${version}`)
    for (const version of no) assert.equal(meetsConditions(version, conditions), false, `${word}: ${version}`)
  }
})

test('requirements', () => {
  for (const [word, name, count] of [
    ['Flask', 'Flask', 0],
    ['flask[async,dotenv] >= 3, < 4', 'flask', 2],
    ['flask>=3; python_version > "3.8"', 'flask', 1],
    ['git+https://git.example.org/app.git@v1#egg=app', 'app', 0],
    ['app @ https://example.org/app.zip', 'app', 0],
    ['https://example.org/app.zip', undefined, 0],
    ['./app', undefined, 0],
    ['app-1.0.tar.gz', undefined, 0],
  ] as const) {
    const found = parseRequirement(word)
    assert.deepEqual([found?.name, found?.conditions.length], [name, count], word)
  }
  for (const wrong of ['', '=1', 'a=1', 'a b', '-r x.txt', 'a >=', 'a >= 1 2']) {
    assert.equal(parseRequirement(wrong), undefined, wrong)
  }
})
