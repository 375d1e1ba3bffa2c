import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findListeningFaults, isLoopback } from './listening.ts'

const safe = { listen: '127.0.0.1:8080', operationsListen: null, publicUrl: 'http://localhost:8080', behindTlsProxy: false }
const tls = { certificate: 'a', key: 'b' }
const faultsOf = (settings: Partial<Parameters<typeof findListeningFaults>[0]>) =>
  findListeningFaults({ ...safe, ...settings }).map(({ setting }) => setting)

for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '::1', 'LOCALHOST']) {
  test(`${host} is a loopback address`, () => assert.ok(isLoopback(host)))
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
  test(`${host} is not a loopback address`, () => assert.ok(!isLoopback(host)))
}

for (const listen of ['0.0.0.0:8080', '[::]:8080', '192.0.2.1:8080', 'auth.internal:8080']) {
  test(`abuse 284: plain HTTP on ${listen} is rejected`, () => assert.deepEqual(faultsOf({ listen }), ['listen']))
}

test('abuse 284: the message names both remedies', () => {
  const [fault] = findListeningFaults({ ...safe, listen: '0.0.0.0:8080' })
  assert.match(fault!.expected, /Set "tls" to a certificate and its key, or "behindTlsProxy: true" if a proxy in front terminates TLS/)
})

test('a port can be shared by the servers of one PostgreSQL, not on SQLite', () => {
  assert.deepEqual(faultsOf({ reusePort: true, store: 'sqlite:countersign.db' }), ['reusePort'])
  assert.deepEqual(faultsOf({ reusePort: true, store: 'postgres://localhost/countersign' }), [])
})

const publicHttps = { listen: '0.0.0.0:8080', publicUrl: 'https://auth.example.com' }
test('a public address is accepted with a certificate', () => assert.deepEqual(faultsOf({ ...publicHttps, tls }), []))
test('a public address is accepted behind a proxy that terminates TLS', () =>
  assert.deepEqual(faultsOf({ ...publicHttps, behindTlsProxy: true }), []))
test('a container with a port published only on its host can listen on all addresses with behindTlsProxy', () =>
  assert.deepEqual(faultsOf({ listen: '0.0.0.0:8080', behindTlsProxy: true }), []))

test('a public URL with http is rejected together with a certificate', () => assert.deepEqual(faultsOf({ tls }), ['publicUrl']))
test('a public URL with https is rejected without a certificate or a TLS proxy', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'https://auth.example.com' }), ['publicUrl']))
test('a loopback public URL can be a name below localhost', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'http://auth.localhost:8080', behindTlsProxy: true }), []))
test('a public URL with http is rejected behind a proxy that terminates TLS', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'http://auth.example.com', behindTlsProxy: true }), ['publicUrl']))
test('tls and behindTlsProxy exclude each other', () =>
  assert.deepEqual(faultsOf({ publicUrl: 'https://auth.example.com', tls, behindTlsProxy: true }), ['behindTlsProxy']))

for (const operationsListen of ['127.0.0.1:8080', '0.0.0.0:8080', '[::]:8080']) {
  test(`the operations listener cannot share ${operationsListen}`, () =>
    assert.deepEqual(faultsOf({ operationsListen }), ['operationsListen']))
}
test('the operations listener can have its own port', () => assert.deepEqual(faultsOf({ operationsListen: '127.0.0.1:9464' }), []))
test('a port above 65535 is rejected', () => assert.deepEqual(faultsOf({ listen: '127.0.0.1:70000' }), ['listen']))
