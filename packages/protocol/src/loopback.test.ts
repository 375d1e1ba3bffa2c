import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopbackHost } from './loopback.ts'

const hosts: [host: string, isLoopback: boolean][] = [
  ['localhost', true],
  ['LOCALHOST', true],
  ['auth.localhost', true],
  ['a.b-1.localhost', true],
  ['127.0.0.1', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['[::1]', true],
  ['', false],
  ['localhost.', false],
  ['.localhost', false],
  ['a..localhost', false],
  ['evillocalhost', false],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
  ['127.example.com', false],
  ['127.0.0.256', false],
  ['127.0.0.01', false],
  ['127.1', false],
  ['127.0.0.1:8080', false],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::2', false],
  ['[::1', false],
  ['::ffff:127.0.0.1', false],
  ['[::ffff:7f00:1]', false],
  ['localhost\nexample.com', false],
  ['localhost\n', false],
]
for (const [host, isLoopback] of hosts)
  test(`${JSON.stringify(host)} is ${isLoopback ? 'a' : 'no'} loopback host`, () => assert.equal(isLoopbackHost(host), isLoopback))

test('every spelling of 127.0.0.1 that a URL may have is recognized, because the URL parser makes one of them', () => {
  for (const url of ['http://127.1/', 'http://0x7f.1/', 'http://2130706433/', 'http://0177.0.0.1/', 'http://LocalHost/'])
    assert.ok(isLoopbackHost(new URL(url).hostname), url)
})
