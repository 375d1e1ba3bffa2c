import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSharedFile, toResponse } from './shared-file.ts'

test('fault 2.1: 150 requests get one buffer, which was read and compressed once', async () => {
  let reads = 0
  const file = createSharedFile({ 'content-type': 'text/plain' }, () => `read ${++reads}`)
  for (const encoding of ['gzip', undefined]) {
    const bodies = await Promise.all(Array.from({ length: 150 }, async () => (await toResponse(file, encoding)).body))
    assert.equal(new Set(bodies).size, 1)
  }
  assert.equal(reads, 1)
})

/** Accept-Encoding, and whether the response is compressed. */
const headers = [
  [undefined, false],
  ['', false],
  ['identity', false],
  ['gzip', true],
  ['GZIP;q=0.5', true],
  ['br;q=1, gzip ; q=0.2', true],
  ['x-gzip', true],
  ['*', true],
  ['gzip;q=0', false],
  ['gzip;q=0.000, *', false],
  ['*;q=0', false],
  ['gzip;q=x', false],
] as const
for (const [header, isCompressed] of headers) {
  test(`RFC 9110 §12.5.3: with Accept-Encoding "${header ?? '(none)'}" a file is ${isCompressed ? 'compressed' : 'sent as it is'}`, async () => {
    const response = await toResponse(
      createSharedFile({}, () => 'text'),
      header,
    )
    assert.equal(response.headers['content-encoding'], isCompressed ? 'gzip' : undefined)
    assert.equal(response.headers['vary'], 'accept-encoding')
  })
}

test('a file that could not be read is read again', async () => {
  let fails = true
  const file = createSharedFile({}, () => (fails ? Promise.reject(new Error('not now')) : 'text'))
  await assert.rejects(file.bytes(), /not now/)
  fails = false
  assert.equal((await file.bytes()).plain.toString(), 'text')
})
