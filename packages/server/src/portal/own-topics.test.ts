import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionAccess } from '../sessions/session-standing.ts'
import { ownTopics } from './own-topics.ts'

test('abuse 147: a client gets no hint of others', () => {
  const access = {
    operator: { realm: 'alpha', clientId: 'one' },
    entitlement: { organization: { rights: { id: 'org' } } },
  } as unknown as Pick<SessionAccess, 'operator' | 'entitlement'>
  const topics = new Set(['client:alpha/one', 'client:alpha/two', 'client:beta/one', 'organization:alpha/org', 'organization:alpha/other'])
  assert.deepEqual(ownTopics({ topics, realms: new Set(['alpha', 'beta']) }, access), [
    'client:alpha/one',
    'organization:alpha/org',
    'realm:alpha',
  ])
  assert.deepEqual(ownTopics({ topics: new Set(['client:alpha/two']), realms: new Set() }, access), [])
})

test('abuse 147: a person gets the hints of all clients of its organization, and of no other', () => {
  const access = {
    operator: { realm: 'alpha', clientId: 'p-1', person: { id: 'p-1' } },
    entitlement: { organization: { rights: { id: 'org' } } },
  } as unknown as Pick<SessionAccess, 'operator' | 'entitlement'>
  const topics = new Set(['client:alpha/one', 'client:alpha/p-1', 'client:alpha/two', 'organization:alpha/org', 'organization:alpha/other'])
  const organizationOf = new Map([
    ['client:alpha/one', 'org'],
    ['client:alpha/two', 'other'],
    ['client:alpha/p-1', 'other'],
  ])
  assert.deepEqual(ownTopics({ topics, realms: new Set(['beta']), organizationOf }, access), ['client:alpha/one', 'organization:alpha/org'])
  assert.deepEqual(ownTopics({ topics, realms: new Set() }, access), ['organization:alpha/org'])
})
