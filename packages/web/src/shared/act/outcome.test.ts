import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallError, unreachable } from '../call-error.ts'
import { keepsKey, kindOf, placeErrors } from './outcome.ts'

const refused = (status: number, code: string, errors: CallError['errors'] = []) =>
  new CallError({ status, code, title: '', detail: '', remedy: '', errors })

test('a step is asked for again under the same key only where it may have been done, or was not refused', () => {
  const kinds = [
    [unreachable(), 'lost', true],
    [refused(502, 'unreadable'), 'lost', true],
    [refused(503, 'temporarily-unavailable'), 'away', true],
    [refused(403, 'sign-in-again'), 'again', true],
    [refused(401, 'signed-out'), 'signed-out', true],
    [refused(412, 'precondition-failed'), 'changed', false],
    [refused(400, 'invalid-request', [{ pointer: '/name', detail: 'expected text' }]), 'fields', false],
    [refused(409, 'conflict'), 'refused', false],
  ] as const
  for (const [error, kind, keeps] of kinds) assert.deepEqual([kindOf(error), keepsKey(kindOf(error))], [kind, keeps], error.code)
})

test('an error is shown at its field, one inside a value at the field around it, and the others above', () => {
  const { placed, rest } = placeErrors(
    [
      { pointer: '/name', detail: 'expected text' },
      { pointer: '/scopes/1', detail: 'is not declared.' },
      { pointer: '/scopes/2', detail: 'is not declared.' },
      { pointer: '/nameless', detail: 'expected no such member' },
    ],
    ['/name', '/scopes'],
  )
  assert.deepEqual(placed, { '/name': 'Expected text', '/scopes': 'Is not declared. Is not declared.' })
  assert.deepEqual(
    rest.map(({ pointer }) => pointer),
    ['/nameless'],
  )
})
