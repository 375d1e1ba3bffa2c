import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortLostChanges, type LostEvent } from './lost-revocations.ts'

const by = { realm: 'operators', client: 'operator-1' }
const of = (id: string, kind: string, clientId: string, detail: LostEvent['detail']): LostEvent => ({
  id,
  at: id,
  kind,
  outcome: 'success',
  realm: 'prod',
  organizationId: `o-${clientId}`,
  clientId,
  detail: { ...detail, by },
})

test('a client that is deleted does not take the revocation of one whose id begins with its own', () => {
  const { revocations } = sortLostChanges([
    of('1', 'clients.update', 'acme backend', { enabled: false }),
    of('2', 'clients.delete', 'acme', { name: 'Acme' }),
  ])
  assert.deepEqual(
    revocations.map(({ kind, event }) => [kind, event.clientId]),
    [
      ['clients.update', 'acme backend'],
      ['clients.delete', 'acme'],
    ],
  )
})

test('the reason of a change is not one of the changed members, and stays with what is left of it', () => {
  const disabled = of('1', 'clients.update', 'acme', { enabled: false, reason: 'ticket 4711' })
  const mixed = of('2', 'clients.update', 'acme', { name: 'Acme', serviceAccountEnabled: false, reason: 'ticket 4712' })
  const { revocations, rest } = sortLostChanges([disabled, mixed])
  assert.deepEqual(
    revocations.map(({ event }) => event.id),
    ['1', '2'],
  )
  assert.deepEqual(
    rest.map(({ detail }) => detail),
    [{ by, reason: 'ticket 4712', name: 'Acme' }],
  )
})
