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
