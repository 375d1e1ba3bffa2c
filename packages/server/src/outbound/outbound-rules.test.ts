import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutboundRules } from './outbound-rules.ts'

const { permits, findUrlFault } = createOutboundRules({ privateAddresses: [] })

test('abuse 059: only public addresses are connected to', () => {
  for (const address of ['1.1.1.1', '8.8.8.8', '172.15.0.1', '100.128.0.1', '2606:4700::1', '2a00:1450:4001::1'])
    assert.ok(permits(address), address)
  const refused = `0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1
    192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
    ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd12::1 fe80::1
    fe80::1%eth0 fec0::1 ff02::1 localhost 127.1 0x7f000001 2130706433`.split(/\s+/)
  for (const address of ['', ...refused]) assert.ok(!permits(address), address)
})

test('listed ranges are permitted besides, in both spellings of an IPv4 address', () => {
  const rules = createOutboundRules({ privateAddresses: ['10.1.0.0/16', 'fd00::/8', '127.0.0.1'] })
  for (const address of ['10.1.2.3', 'fd00::1', '127.0.0.1', '1.1.1.1']) assert.ok(rules.permits(address), address)
  for (const address of ['10.2.0.1', '127.0.0.2', 'fe80::1']) assert.ok(!rules.permits(address), address)
})

test('a URL is https, has no credentials and no fragment, and names no address that is refused', () => {
  assert.equal(findUrlFault('https://backend.example/jwks?a=b'), undefined)
  assert.equal(findUrlFault('https://8.8.8.8:8443/'), undefined)
  const refused = [
    'http://backend.example/',
    'https://a:b@backend.example/',
    'https://backend.example/#a',
    'https://backend.example/#',
    '/jwks',
    '',
  ]
  const unseen = [
    ' https://backend.example/',
    'https://backend.example/\r\nHost: a',
    'https://back\tend.example/',
    'https://a.example/\u202e',
  ]
  for (const url of unseen) assert.match(findUrlFault(url) ?? '', /white space/, JSON.stringify(url))
  const others = [
    'file:///etc/passwd',
    'ftp://backend.example',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
  ]
  for (const url of [...refused, ...others, 'http://127.0.0.1/', 'https://[fd00::1]/', `https://backend.example/${'x'.repeat(2048)}`])
    assert.ok(findUrlFault(url) !== undefined, url)
})

test('plain http only reaches a listed loopback address', () => {
  const rules = createOutboundRules({ privateAddresses: ['127.0.0.0/8', '10.0.0.0/8'] })
  assert.equal(rules.findUrlFault('http://127.0.0.1:8081/jwks'), undefined)
  for (const url of ['http://10.0.0.1/', 'http://localhost/', 'http://[::1]/']) assert.ok(rules.findUrlFault(url) !== undefined, url)
})
