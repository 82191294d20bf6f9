/** The version orders of the package managers, each against lists that rise from left to right. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareAlpineVersions } from '../../../../src/engine/functions/packages/alpine-version.ts'
import { compareArchVersions } from '../../../../src/engine/functions/packages/arch-version.ts'
import { compareDebianVersions } from '../../../../src/engine/functions/packages/debian-version.ts'
import { compareRpmVersions } from '../../../../src/engine/functions/packages/rpm-version.ts'
import {
  type CompareVersions,
  chooseVersion,
  parseConditions,
} from '../../../../src/engine/functions/packages/version-order.ts'

interface Orders {
  readonly compare: CompareVersions
  /** Each version is older than the next. */
  readonly rising: readonly string[][]
  readonly equal: readonly (readonly [string, string])[]
}

const orders: Readonly<Record<string, Orders>> = {
  debian: {
    compare: compareDebianVersions,
    rising: [
      ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0a', '1.0+b1', '1.0.1', '1.2', '1.10', '1:0.1'],
      ['9.0-1', '9.0-1+b1', '9.0-1+deb12u1', '9.0-1.1', '9.0-2'],
      ['2.0-rc1-1', '2.0-rc1-2'],
      ['99999999999999999998', '99999999999999999999'],
    ],
    equal: [
      ['1.0', '0:1.0'],
      ['1.0', '1.0-0'],
      ['1.00', '1.0'],
    ],
  },
  rpm: {
    compare: compareRpmVersions,
    rising: [
      ['1.0~rc1', '1.0~rc2', '1.0', '1.0^git1', '1.0^git2', '1.0.1', '1.1', '1.10', '2a', '2.0', '1:0.1'],
      ['5.14.0-70.el9', '5.14.0-362.8.1.el9_3', '5.14.0-427.el9'],
      ['1.0a', '1.0b', '1.0.1'],
      ['fc4', 'fc5'],
    ],
    equal: [
      ['3.2', '3.2-1'],
      ['1.0', '1_0'],
      ['0:1.0-1', '1.0-1'],
      ['1.01', '1.1'],
    ],
  },
  arch: {
    compare: compareArchVersions,
    rising: [
      ['1.0a', '1.0b', '1.0beta', '1.0p', '1.0pre', '1.0rc', '1.0', '1.0.a', '1.0.1', '1:0.5'],
      ['1', '1.0', '1.1', '1.1.1', '1.2', '2.0', '3.0.0'],
      ['1.5-1', '1.5-2', '1.5.1-1'],
    ],
    equal: [
      ['1.5', '1.5-1'],
      ['0:1.0-1', '1.0-1'],
    ],
  },
  alpine: {
    compare: compareAlpineVersions,
    rising: [
      [
        '1.2.3_alpha',
        '1.2.3_alpha2',
        '1.2.3_beta',
        '1.2.3_pre1',
        '1.2.3_rc1',
        '1.2.3',
        '1.2.3_git2024',
        '1.2.3_p1',
        '1.2.3a',
      ],
      ['3.1.4-r0', '3.1.4-r5', '3.1.4-r10', '3.1.10-r0'],
      ['1.05', '1.1', '1.1.0', '1.10', '2'],
    ],
    equal: [['1.0-r0', '1.0']],
  },
}

for (const [name, { compare, rising, equal }] of Object.entries(orders)) {
  test(`${name}: versions rise`, () => {
    for (const list of rising) {
      for (const [index, left] of list.entries()) {
        assert.equal(compare(left, left), 0, left)
        for (const right of list.slice(index + 1)) {
          assert.equal(compare(left, right), -1, `${left} < ${right}`)
          assert.equal(compare(right, left), 1, `${right} > ${left}`)
        }
      }
    }
  })
  test(`${name}: versions that count as the same`, () => {
    for (const [left, right] of equal) {
      assert.equal(compare(left, right), 0, `${left} = ${right}`)
      assert.equal(compare(right, left), 0, `${right} = ${left}`)
    }
  })
}

test('a condition chooses the newest version that meets it', () => {
  const choose = (text: string) => {
    const conditions = parseConditions(text)
    return conditions && chooseVersion(conditions, ['1.0', '1.10', '1.2', '2.0'], compareDebianVersions)
  }
  assert.equal(choose('<2.0'), '1.10')
  assert.equal(choose('>= 1.2'), '2.0')
  assert.equal(choose('<=1.0'), '1.0')
  assert.equal(choose('>2.0'), undefined)
  assert.equal(choose('!=2.0'), '1.10')
  assert.equal(choose('1.2'), undefined)
  assert.equal(choose('>=1.1, <2.0'), '1.10')
  assert.equal(choose('>=1.1,2.0'), undefined)
})
