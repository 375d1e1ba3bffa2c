import assert from 'node:assert/strict'
import { test } from 'node:test'
import { session, type Session } from '../shared/session.ts'
import { mayRotate } from './own.ts'

test('a colleague is not offered to replace the secret of an operator of the realm; the client itself is', () => {
  const told = (kind: Session['kind'], operatorScopes?: readonly string[], role: Session['role'] = 'developer') => {
    session.value = { kind, role } as Session
    return mayRotate(operatorScopes ? { operatorScopes } : {})
  }
  assert.deepEqual([told('person', ['clients:read']), told('client', ['clients:read'])], [false, true])
  assert.deepEqual([told('person', []), told('person'), told('person', [], 'viewer')], [true, true, false])
})
