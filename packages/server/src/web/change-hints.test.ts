import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlacedChange } from '../store/change-log.ts'
import { hintsOf, joinHints, topicsFor } from './change-hints.ts'

const all = ['alpha', 'beta']
const everything = new Set(['clients:read', 'organizations:read'])
const change = (realm: string, organizationId: string | null, clientId: string | null = null): PlacedChange => ({
  realm,
  organizationId,
  clientId,
  what: clientId === null ? 'rights' : 'client',
  subject: clientId,
  number: 1,
  identity: null,
})

test('a change is told as its client, its organization or its realm', () => {
  const hints = hintsOf([change('alpha', 'o1', 'c/1'), change('alpha', 'o2'), change('beta', null)], all)
  assert.deepEqual(topicsFor(hints, { realms: undefined }, everything), [
    'organization:alpha/o1',
    'client:alpha/c/1',
    'organization:alpha/o2',
    'realm:beta',
  ])
})

test('an operator is told of its realms, and of what it may read', () => {
  const hints = hintsOf([change('alpha', 'o1', 'c1'), change('beta', 'o2')], all)
  assert.deepEqual(topicsFor(hints, { realms: ['alpha'] }, new Set(['organizations:read'])), ['organization:alpha/o1'])
  assert.deepEqual(topicsFor(hints, { realms: [] }, everything), [])
  assert.deepEqual(topicsFor(hints, { realms: undefined }, new Set(['audit:read'])), [])
})

test('abuse 147: a client without a scope is not told which realms there are', () => {
  assert.deepEqual(topicsFor(hintsOf(undefined, all), { realms: undefined }, new Set()), [])
})

test('if everything may have changed, each realm is named', () => {
  assert.deepEqual(topicsFor(hintsOf(undefined, all), { realms: ['beta'] }, everything), ['realm:beta'])
})

test('very many changes are told as their realm, also if they come in several batches', () => {
  const many = (from: number) => Array.from({ length: 150 }, (_, at) => change('alpha', `o${from + at}`))
  const joined = joinHints(hintsOf(many(0), all), hintsOf(many(150), all))
  assert.deepEqual(topicsFor(joined, { realms: undefined }, everything), ['realm:alpha'])
  const once = topicsFor(hintsOf(many(0).concat(many(150)), all), { realms: undefined }, everything)
  assert.ok(once.length <= 202 && once.includes('realm:alpha'))
})
