import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTrustedPeers, findNetworkFault } from './trusted-peers.ts'

const peers = createTrustedPeers(['127.0.0.1', '10.1.0.0/16', 'fd00::/8', '2001:db8::7'])

for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.255.255', '::ffff:a01:1', 'fd12::1', '2001:db8:0::7'])
  test(`${address} is trusted`, () => assert.equal(peers.isTrusted(address), true))
for (const address of ['127.0.0.2', '10.2.0.1', '::1', '2001:db8::8', 'fe80::1%eth0', '', 'localhost', '10.1.0.1 ', undefined])
  test(`${String(address)} is not trusted`, () => assert.equal(peers.isTrusted(address), false))

const forwarded: [header: string | undefined, address: string | undefined][] = [
  [undefined, undefined],
  ['192.0.2.7', '192.0.2.7'],
  ['203.0.113.9, 192.0.2.7', '192.0.2.7'],
  ['203.0.113.9, 192.0.2.7, 10.1.2.3', '192.0.2.7'],
  ['evil, 10.1.2.3', undefined],
  ['10.1.2.3', undefined],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8::9', '2001:db8::9'],
]
for (const [header, address] of forwarded) {
  test(`the client of "X-Forwarded-For: ${String(header)}" is ${String(address)}`, () => {
    assert.equal(peers.clientAddress(header === undefined ? [] : ['x-forwarded-for', header]), address)
  })
}

test('an X-Forwarded-For that was sent twice names no client', () => {
  assert.equal(peers.clientAddress(['X-Forwarded-For', '192.0.2.7', 'x-forwarded-for', '192.0.2.8']), undefined)
})

const networks: Record<string, RegExp | undefined> = {
  '127.0.0.1': undefined,
  '10.0.0.0/8': undefined,
  'fc00::/7': undefined,
  'fd00:1::/32': undefined,
  '::1': undefined,
  '::ffff:10.0.0.0/104': undefined,
  '0.0.0.0/0': /at least \/8/,
  '::/0': /at least \/7/,
  '10.0.0.0/7': /at least \/8/,
  '::ffff:0:0/96': /at least \/104 of IPv4/,
  '::ffff:0.0.0.0/97': /at least \/104 of IPv4/,
  '::ffff:128.0.0.0/103': /at least \/104 of IPv4/,
  '::/7': /at least \/104 of IPv4/,
  '::/8': /at least \/104 of IPv4/,
  '::/80': /at least \/104 of IPv4/,
  '::/96': undefined,
  '64:ff9b::/96': undefined,
  '2001:db8::/32': undefined,
  '10.1.2.3/8': /the first address of a range/,
  'fd00:1::1/32': /the first address of a range/,
  '10.0.0.0/33': /an address range/,
  '10.0.0.0/': /an address range/,
  '10.0.0.0/8/8': /an address range/,
  'fe80::1%eth0': /an address range/,
  localhost: /an address range/,
  '*': /an address range/,
  '': /an address range/,
}
for (const [network, message] of Object.entries(networks)) {
  test(`"${network}" is ${message ? 'no range of proxies' : 'a range of proxies'}`, () => {
    const fault = findNetworkFault(network)
    if (message) assert.match(fault ?? '', message)
    else assert.equal(fault, undefined)
  })
}
