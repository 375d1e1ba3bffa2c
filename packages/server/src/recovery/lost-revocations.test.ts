import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortLostChanges, type LostEvent } from './lost-revocations.ts'

test('a client that is deleted does not take the revocation of one whose id begins with its own', () => {
  const of = (id: string, kind: string, clientId: string, detail: LostEvent['detail']): LostEvent => ({
    id,
    at: id,
    kind,
    outcome: 'success',
    realm: 'prod',
    organizationId: `o-${clientId}`,
    clientId,
    detail: { ...detail, by: { realm: 'operators', client: 'operator-1' } },
  })
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
