import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf } from './network-of-address.ts'

const addresses: readonly [address: unknown, network: string | null][] = [
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::FFFF:c633:6407', '198.51.100.7'],
  ['64:ff9b::198.51.100.7', '198.51.100.7'],
  ['2001:db8:9:1:aaaa:bbbb:cccc:dddd', '2001:db8:9:1::/64'],
  ['2001:0DB8:0009:0001::1', '2001:db8:9:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', null],
  ['unknown', null],
  ['256.1.1.1', null],
  ['1.2.3.04', null],
  ['1:2:3:4:5:6:7', null],
  ['1:2:3:4:5:6:7:8:9', null],
  ['1::2::3', null],
  ['12345::1', null],
  ['::ffff:1.2.3', null],
  ['eyJhbGciOi.secret', null],
  ['1'.repeat(70), null],
  [undefined, null],
]
for (const [address, network] of addresses)
  test(`the address ${JSON.stringify(address)} is of the network ${network}`, () => assert.equal(networkOf(address), network))
