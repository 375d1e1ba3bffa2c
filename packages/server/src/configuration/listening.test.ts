import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findListeningFaults, isLoopback } from './listening.ts'

const safe = { listen: '127.0.0.1:8080', operationsListen: null, publicUrl: 'http://localhost:8080', behindTlsProxy: false }
const tls = { certificate: 'a', key: 'b' }
const faultsOf = (settings: Partial<Parameters<typeof findListeningFaults>[0]>) =>
  findListeningFaults({ ...safe, ...settings }).map(({ setting }) => setting)

for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '::1', 'LOCALHOST']) {
  test(`${host} is this machine`, () => assert.ok(isLoopback(host)))
}
for (const host of [
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '127.example.com',
  'localhost.example.com',
  '::ffff:127.0.0.1',
  '128.0.0.1',
  'auth.localhost',
]) {
  test(`${host} may be reached from elsewhere`, () => assert.ok(!isLoopback(host)))
}

for (const listen of ['0.0.0.0:8080', '[::]:8080', '192.0.2.1:8080', 'auth.internal:8080']) {
  test(`abuse 284: plain http on ${listen} is refused`, () => assert.deepEqual(faultsOf({ listen }), ['listen']))
}

test('abuse 284: the message says the two ways out', () => {
  const [fault] = findListeningFaults({ ...safe, listen: '0.0.0.0:8080' })
  assert.match(fault!.expected, /Set "tls" to a certificate and its key, or "behindTlsProxy: true" if a proxy in front terminates TLS/)
})

const publicHttps = { listen: '0.0.0.0:8080', publicUrl: 'https://auth.example.com' }
test('a public address is fine with a certificate', () => assert.deepEqual(faultsOf({ ...publicHttps, tls }), []))
test('a public address is fine behind a proxy that terminates TLS', () =>
  assert.deepEqual(faultsOf({ ...publicHttps, behindTlsProxy: true }), []))
test('a container whose port is published on one machine only says so', () =>
  assert.deepEqual(faultsOf({ listen: '0.0.0.0:8080', behindTlsProxy: true }), []))

test('a public URL with http is refused beside a certificate', () => assert.deepEqual(faultsOf({ tls }), ['publicUrl']))
test('a public URL with https is refused where nothing speaks TLS', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'https://auth.example.com' }), ['publicUrl']))
test('a public URL of this machine may be a name below localhost', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'http://auth.localhost:8080', behindTlsProxy: true }), []))
test('a public URL with http is refused behind a proxy that terminates TLS', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'http://auth.example.com', behindTlsProxy: true }), ['publicUrl']))
test('TLS is terminated here or by a proxy', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'https://auth.example.com', tls, behindTlsProxy: true }), ['behindTlsProxy']))

for (const operationsListen of ['127.0.0.1:8080', '0.0.0.0:8080', '[::]:8080']) {
  test(`the operations listener cannot be on ${operationsListen} too`, () =>
    assert.deepEqual(faultsOf({ operationsListen }), ['operationsListen']))
}
test('the operations listener has a port of its own', () => assert.deepEqual(faultsOf({ operationsListen: '127.0.0.1:9464' }), []))
test('a port above 65535 is none', () => assert.deepEqual(faultsOf({ listen: '127.0.0.1:70000' }), ['listen']))
