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

test('people who were removed, their passkeys, and invitations that were used or withdrawn do not come back', () => {
  const invitation = (id: string) => ({ invitation: id, role: 'admin' })
  const person = (id: string) => ({ person: id, name: 'Mia' })
  const { revocations, rest } = sortLostChanges([
    of('1', 'invitations.create', 'acme', invitation('new')),
    of('2', 'people.join', 'acme', { ...person('mia'), ...invitation('old') }),
    of('3', 'people.join', 'acme', { ...person('noa'), ...invitation('new') }),
    of('4', 'people.setRole', 'acme', { ...person('eva'), before: 'admin', role: 'viewer' }),
    of('5', 'passkeys.add', 'acme', { ...person('eva'), passkey: 'one' }),
    of('6', 'passkeys.remove', 'acme', { ...person('eva'), passkey: 'one' }),
    of('7', 'people.remove', 'acme', person('mia')),
    of('8', 'invitations.withdraw', 'acme', invitation('sent')),
  ])
  assert.deepEqual(
    revocations.map(({ kind, event }) => [event.id, kind]),
    [
      ['2', 'invitations.withdraw'],
      ['3', 'invitations.withdraw'],
      ['4', 'people.setRole'],
      ['6', 'passkeys.remove'],
      ['7', 'people.remove'],
      ['8', 'invitations.withdraw'],
    ],
  )
  // The role may have been raised, too; what mia was is over.
  assert.deepEqual(
    rest.map(({ id }) => id),
    ['3', '4'],
  )
})
