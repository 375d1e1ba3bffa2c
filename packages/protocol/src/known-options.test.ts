import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindOf, refuseUnknownOptions } from './known-options.ts'

const refuse = (options: unknown) => () => refuseUnknownOptions('createGuard', options, ['issuer', 'realm'])

test('known options pass, and all of them are optional', () => {
  refuse({ issuer: 1 })()
  refuse({})()
})

test('an unknown option is named, together with the known ones', () => {
  assert.throws(refuse({ issuer: 1, isuer: 1 }), {
    name: 'TypeError',
    message: 'createGuard: unknown option "isuer"; expected "issuer", "realm"',
  })
})

test('a name that every object inherits is unknown as well', () => {
  assert.throws(refuse(JSON.parse('{"__proto__":1}')), /unknown option "__proto__"/)
  assert.throws(refuse({ constructor: 1 }), /unknown option "constructor"/)
})

for (const [value, kind] of [
  [undefined, 'undefined'],
  [null, 'null'],
  ['', 'an empty string'],
  ['s3cret', 'string'],
  [['s3cret', ''], 'an array of 2'],
] as const)
  test(`${JSON.stringify(value)} is described by its kind: ${kind}`, () => {
    assert.equal(kindOf(value), kind)
    if (!Array.isArray(value)) assert.throws(refuse(value), { message: `createGuard: expected an object of options, found ${kind}` })
  })
