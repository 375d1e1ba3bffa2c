import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hasRepeatedMember } from './json-members.ts'

const repeats = (text: string) => hasRepeatedMember(text, JSON.parse(text))

const repeated = [
  '{"a":1,"a":2}',
  '{"a":1,"a":1}',
  '{"a":1, "b":2,\n "a" \t\r\n: 3}',
  '{"a":1,"\\u0061":2}',
  '{"a\\"":1,"a\\u0022":2}',
  '{"\\\\":1,"\\u005c":2}',
  '{"":1,"":2}',
  '{"x":{"a":1,"a":2}}',
  '[[{"a":{},"a":[]}]]',
  '{"a":{"x":1,"y":2},"a":{"x":1,"y":2}}',
  '{"a":{"b":1,"b":1},"a":2}',
  '{"__proto__":1,"__proto__":2}',
  '{"constructor":1,"constructor":2}',
  '{"1":0,"1":1}',
]
for (const text of repeated) test(`fault 3.4: ${text} has a member twice`, () => assert.equal(repeats(text), true))

const once = [
  'null',
  '"a"',
  '[]',
  '["a","a"]',
  '{"a":1,"A":2}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":"\\"b\\":1,\\"b\\":2"}',
  '{"a":"{\\"a\\":1}"}',
  '{"a":"\\\\","b":":"}',
  '{"__proto__":1,"constructor":2}',
]
for (const text of once) test(`${text} has each member once`, () => assert.equal(repeats(text), false))

test('what JSON.stringify writes has each member once, at any indentation', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indentation) => assert.equal(repeats(JSON.stringify(value, null, indentation)), false)),
  )
})

test('fault 3.4: any member of any object, written a second time, is found', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (object, value) => {
      const name = JSON.stringify(Object.keys(object)[0])
      assert.equal(repeats(`[${JSON.stringify(object).slice(0, -1)},${name}:${JSON.stringify(value)}}]`), true)
    }),
  )
})

test('100,000 levels and a long run of backslashes neither overflow the stack nor take quadratic time', () => {
  assert.equal(repeats('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)), false)
  assert.equal(repeats(`{"a":"${'\\\\'.repeat(500_000)}","a":1}`), true)
})
