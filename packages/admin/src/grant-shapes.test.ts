// What a grant may contain, whatever the profile of its realm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grant, subject } from './grant-shapes.ts'

const accepts = (json: string) => grant.safeParse(JSON.parse(json)).success

test('a claim with a number that would become another one is refused', () => {
  for (const number of ['1e400', '-1e400', '9007199254740993', '1e300'])
    for (const json of [`{"claims":{"a":${number}}}`, `{"claims":{"a":[{"b":${number}}]}}`]) assert.equal(accepts(json), false, json)
  for (const number of ['0', '-1', '9007199254740991', '0.1', '1e-7', '2.5e3']) assert.ok(accepts(`{"claims":{"a":${number}}}`), number)
})

test('half of a surrogate pair, which verifiers read differently or not at all, is refused wherever it is', () => {
  const half = '\\ud800'
  for (const json of [
    `{"claims":{"a":"${half}"}}`,
    `{"claims":{"a":[{"${half}":1}]}}`,
    `{"claims":{"${half}":1}}`,
    `{"audiences":["${half}"]}`,
    `{"roles":{"realm":["${half}"]}}`,
    `{"roles":{"clients":{"${half}":[]}}}`,
  ])
    assert.equal(accepts(json), false, json)
  assert.ok(accepts('{"claims":{"a":"\\ud83d\\ude42"}}'))
  assert.equal(subject.safeParse('\ud800').success, false)
})

test('claims that are nested too deep are refused without an error, however deep they are', () => {
  for (const depth of [10, 30_000]) assert.equal(accepts(`{"claims":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`), false)
})
