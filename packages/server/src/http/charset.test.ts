import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { charsetsOf, refuseCharset } from './charset.ts'

/** What is said of a body of ASCII with these charsets, and how often the body is decoded for it. */
function refuse(t: TestContext, charsets: readonly string[]) {
  const contentType = `application/json${charsets.map((charset) => `;charset=${charset}`).join('')}`
  const { mock } = t.mock.method(TextDecoder.prototype, 'decode')
  const refusal = refuseCharset(Buffer.from('a body'), charsetsOf(contentType))
  const decoded = mock.callCount()
  mock.restore()
  return { refusal, decoded }
}

test('a body is decoded once for each charset, and for few', (t) => {
  assert.deepEqual(refuse(t, Array<string>(1000).fill('latin1')), { refusal: undefined, decoded: 1 })
  assert.deepEqual(refuse(t, ['latin1', 'cp1252', 'Latin1']), { refusal: undefined, decoded: 2 })
  const aliases = ['latin1', 'l1', 'cp819', 'ibm819', 'ascii', 'us-ascii', 'cp1252', 'x-cp1252']
  assert.deepEqual(refuse(t, aliases), { refusal: 'other-charset', decoded: 0 })
})
