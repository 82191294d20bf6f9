import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compareIpAddresses,
  formatIpAddress,
  formatIpBlock,
  isInBlock,
  lastOf,
  netmaskOf,
  parseIpAddress,
  parseIpBlock,
} from '../../../src/base/ip-address.ts'

const shownAs: Readonly<Record<string, string>> = {
  '10.0.0.1': '10.0.0.1',
  '255.255.255.255': '255.255.255.255',
  '::': '::',
  '::1': '::1',
  'FE80:0:0:0:0:0:0:1': 'fe80::1',
  '2001:db8:0:1:0:0:0:1': '2001:db8:0:1::1',
  '1:0:0:2:3:0:0:4': '1::2:3:0:0:4',
  '1:0:2:3:4:5:6:7': '1:0:2:3:4:5:6:7',
  '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
  '::ffff:1.2.3.4': '::ffff:102:304',
}

test('addresses are shown in their shortest form', () => {
  for (const [text, shown] of Object.entries(shownAs)) {
    assert.equal(formatIpAddress(parseIpAddress(text) ?? assert.fail(text)), shown)
  }
})

test('what is no address is refused', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', 'host']) {
    assert.equal(parseIpAddress(text), undefined, text)
  }
  for (const text of ['10.0.0.0/33', '10.0.0.0/255.0.255.0', '::/129', '10.0.0.0/8/8', '::/ffff::']) {
    assert.equal(parseIpBlock(text), undefined, text)
  }
})

test('networks have a mask, a last address and members', () => {
  const block = parseIpBlock('172.17.3.4/255.255.0.0') ?? assert.fail()
  assert.equal(formatIpBlock(block), '172.17.0.0/16')
  assert.equal(formatIpAddress(lastOf(block)), '172.17.255.255')
  assert.equal(formatIpAddress(netmaskOf(4, 20)), '255.255.240.0')
  const [inside, outside] = ['172.17.200.1', '172.18.0.1'].map((text) => parseIpAddress(text) ?? assert.fail(text))
  assert.ok(inside && outside)
  assert.equal(isInBlock(inside, block), true)
  assert.equal(isInBlock(outside, block), false)
  assert.ok(compareIpAddresses(inside, outside) < 0)
})
