import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserOf } from './browser-of.ts'

test('a browser is told by its name and system', () => {
  const rows = [
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145, Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome 142, Windows',
    ],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0', 'Edge 142, Windows'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari 18, iOS',
    ],
  ] as const
  for (const [userAgent, told] of rows) assert.equal(browserOf(userAgent), told)
})

test('anything else is shown as it is, to its end: on a phone nothing shows the rest of it', () => {
  assert.equal(browserOf('curl/8.16.0'), 'curl/8.16.0')
  assert.equal(browserOf('x'.repeat(100)), 'x'.repeat(100))
})
