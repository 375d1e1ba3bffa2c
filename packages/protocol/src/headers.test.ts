import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readSingleHeader } from './headers.ts'

test('a header is found in any case of its name', () => {
  assert.equal(readSingleHeader(['Host', 'api', 'AUTHORIZATION', 'Bearer a'], 'authorization'), 'Bearer a')
})

test('a header that was not sent is undefined', () => {
  assert.equal(readSingleHeader(['Host', 'api'], 'authorization'), undefined)
})

test('a header with an empty value is the empty string', () => {
  assert.equal(readSingleHeader(['Authorization', ''], 'authorization'), '')
})

test('abuse 111: two headers are repeated, even with equal values and in different case', () => {
  assert.equal(readSingleHeader(['Authorization', 'Bearer a', 'authorization', 'Bearer a'], 'authorization'), 'repeated')
})

test('a value that equals the name is not a header', () => {
  assert.equal(readSingleHeader(['X-Echo', 'authorization', 'Host', 'api'], 'authorization'), undefined)
})

test('the result depends on how often the name occurs, not on its position', () => {
  const otherHeaders = fc.array(fc.tuple(fc.constantFrom('Host', 'Accept', 'X-Authorization'), fc.string()))
  fc.assert(
    fc.property(otherHeaders, fc.nat(3), fc.string(), (others, times, value) => {
      const mine = Array.from({ length: times }, () => ['Authorization', value])
      const verdict = readSingleHeader([...mine, ...others].flat(), 'authorization')
      assert.equal(verdict, [undefined, value][times] ?? (times === 0 ? undefined : 'repeated'))
      assert.equal(readSingleHeader([...others, ...mine].flat(), 'authorization'), verdict)
    }),
  )
})
