import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseConfiguration } from '../configuration/configuration.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { countedPrefixes, createAddressReader } from './client-address.ts'

const behindProxies = createAddressReader(['10.0.0.0/8', 'fd00::/8', '192.0.2.7'])

test('without trusted proxies the address is the peer, whatever the headers are', () => {
  assert.equal(createAddressReader([]).read('198.51.100.1', '203.0.113.9'), '198.51.100.1')
})

/** The peer, X-Forwarded-For and the resulting address. */
const readings = [
  ['a client behind a proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a client behind two proxies', '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['an address forged by the client', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['a peer that is not a proxy', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['only proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.1'],
  ['a single trusted address', '192.0.2.7', '203.0.113.9', '203.0.113.9'],
  ['an IPv6 client', 'fd00::1', '2001:db8::5', '2001:db8::5'],
  ['a mapped peer on a dual-stack socket', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a mapped client', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['the word unknown', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['an obfuscated id', '10.0.0.1', '_hidden', '10.0.0.1'],
  ['a host name', '10.0.0.1', 'client.example.com', '10.0.0.1'],
  ['a port', '10.0.0.1', '203.0.113.9:4711', '10.0.0.1'],
  ['a bracketed address', '10.0.0.1', '[2001:db8::5]', '10.0.0.1'],
  ['a zone', '10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
  ['an octal spelling', '10.0.0.1', '0203.0.113.9', '10.0.0.1'],
  ['a bad value right of a good one', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
  ['a chain of 1,000', '10.0.0.1', `${'1.2.3.4,'.repeat(999)}203.0.113.9`, '203.0.113.9'],
  ['a chain of 1,000 trusted hops', '10.0.0.1', Array.from({ length: 1000 }, () => '10.0.0.2').join(','), '10.0.0.1'],
  ['an address that is mapped in another spelling', '10.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
  ['a peer that has gone', '', '203.0.113.9', ''],
] as const

for (const [what, peer, forwardedFor, expected] of readings) {
  test(`abuse 165: ${what}`, () => {
    assert.equal(behindProxies.read(peer, forwardedFor), expected)
  })
}

test('abuse 165: an arbitrary header gives the peer or an address, and never throws', () => {
  const piece = fc.constantFrom('203.0.113.9', '10.0.0.2', '::1', ',', ' ', '%', ':', 'x')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (header) => {
        assert.match(behindProxies.read('10.0.0.1', header), /^[0-9a-f.:]+$/i)
      },
    ),
  )
})

for (const value of ['true', '1', '[true]', '["loopback"]', '["10.0.0.0/33"]', '["*"]', '[""]']) {
  test(`abuse 166: trustedProxies: ${value} is rejected, because it is not an address range`, () => {
    assert.throws(() => parseConfiguration(`trustedProxies: ${value}\nrealms: {}`, '/'), /trustedProxies[.\d]*: expected/)
  })
}

test('abuse 167: no header but X-Forwarded-For changes the address of a request', async () => {
  const { requestToken, auditEvents, clock } = await startTestServer({ settings: 'trustedProxies: [127.0.0.0/8]' })
  const others = ['forwarded', 'x-real-ip', 'cf-connecting-ip', 'x-client-ip', 'true-client-ip']
  await requestToken('prod', {}, Object.fromEntries(others.map((name) => [name, name === 'forwarded' ? 'for=203.0.113.9' : '203.0.113.9'])))
  clock.advance(1)
  await requestToken('prod', {}, { 'X-Forwarded-For': '203.0.113.9' })
  assert.deepEqual(
    (await auditEvents()).map(({ address }) => address),
    ['127.0.0.1', '203.0.113.9'],
  )
})

/** Addresses and the prefixes that each is counted under. */
const prefixes = [
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48'],
  ['2001:DB8:1:fffe::', '2001:db8:1:fffe::/64', '2001:db8:1:ff00::/56', '2001:db8:1::/48'],
  ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48'],
  ['::1', '0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48'],
  ['fe80::1%lo', 'fe80:0:0:0::/64', 'fe80:0:0:0::/56', 'fe80:0:0::/48'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['0:0:0:0:0:FFFF:cb00:7109', '203.0.113.9'],
  ['::ffff:203.0.113.9%lo', '203.0.113.9'],
  ['64:ff9b::cb00:7109', '203.0.113.9'],
  ['64:ff9b::203.0.113.9', '203.0.113.9'],
  ['', ''],
] as const
for (const [address, ...expected] of prefixes) {
  test(`fault 2.5: "${address}" is counted under "${expected.join('", "')}"`, () => {
    assert.deepEqual(
      countedPrefixes(address).map(({ prefix }) => prefix),
      expected,
    )
  })
}

test('fault 2.5: two IPv6 addresses are counted together if and only if they share 64, 56 or 48 bits', () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  const written = (values: readonly number[]) => values.map((value) => value.toString(16)).join(':')
  const counted = (values: readonly number[]) => countedPrefixes(written(values)).map(({ prefix }) => prefix)
  const upTo = (values: readonly number[], bits: number) =>
    written(values.slice(0, 4).map((value, group) => value & (0xffff << Math.min(16, Math.max(0, 16 * (group + 1) - bits))) & 0xffff))
  const isEmbedded = ([one, two, ...rest]: readonly number[]) =>
    (one === 0x64 && two === 0xff9b) || (one === 0 && two === 0 && rest.slice(0, 2).every((group) => group === 0))
  fc.assert(
    fc.property(groups, groups, fc.nat(4), (one, other, shared) => {
      const sibling = [...one.slice(0, shared), ...other.slice(shared)]
      fc.pre(!isEmbedded(one) && !isEmbedded(sibling))
      const [mine, theirs] = [counted(one), counted(sibling)]
      for (const [level, bits] of [64, 56, 48].entries()) {
        assert.equal(mine[level] === theirs[level], upTo(one, bits) === upTo(sibling, bits))
      }
    }),
  )
})
