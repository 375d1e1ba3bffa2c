import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { listLostChanges, readExport, type ExportedEvent } from './lost-changes.ts'

let number = 0
function anEvent(kind: string, detail: Record<string, unknown> = {}, more: Partial<ExportedEvent> = {}): ExportedEvent {
  const id = String(number++).padStart(8, '0')
  const by = { realm: 'operators', client: 'operator-1' }
  return { id, at: id, kind, outcome: 'success', realm: 'prod', organizationId: 'o', clientId: 'c', detail: { ...detail, by }, ...more }
}

const again = (...events: ExportedEvent[]) => listLostChanges(events).map(({ redo }) => redo)

const commands: readonly (readonly [ExportedEvent, string])[] = [
  [
    anEvent('clients.create', { scopes: [], signingAlgorithm: 'RS256' }),
    'countersign client create --client-id c --organization o --signing-algorithm RS256 --realm prod',
  ],
  [anEvent('clients.update', { enabled: false }), 'countersign client disable c --realm prod'],
  [
    anEvent('clients.update', { enabled: false, reason: 'ticket 4711' }),
    `countersign client disable c --reason 'ticket 4711' --realm prod`,
  ],
  [anEvent('clients.update', { serviceAccountEnabled: false }), 'countersign client update c --service-account off --realm prod'],
  [
    anEvent('secrets.revoke', { endedSecretId: 's', reason: "it's out" }),
    `countersign secret revoke c s --yes --reason 'it'\\''s out' --realm prod`,
  ],
  [
    anEvent('keys.remove', { publicKeyId: 'k', force: false }),
    `countersign client key remove c k --force --yes --reason 'Again, after a restore' --realm prod`,
  ],
  [
    anEvent('keys.remove', { publicKeyId: 'k', force: false, reason: 'ticket 4711' }),
    `countersign client key remove c k --force --yes --reason 'ticket 4711' --realm prod`,
  ],
  [anEvent('keys.setUri', { jwksUri: 'https://a.example' }), 'countersign client jwks-uri c https://a.example --realm prod'],
  [anEvent('organizations.suspend', { reason: 'unpaid' }), `countersign organization suspend o --reason 'unpaid' --realm prod`],
  [anEvent('clients.delete', { name: 'N' }, { clientId: "Bob's $(id)" }), `countersign client delete 'Bob'\\''s $(id)' --yes --realm prod`],
  [anEvent('partners.withdraw', { partner: 'p' }), 'countersign partner withdraw p --organization o --realm prod'],
  [anEvent('clients.create', { scopes: [] }), 'countersign client create --client-id c --organization o --realm prod'],
  [
    anEvent('clients.create', { scopes: [], operatorRealms: ['prod'] }, { realm: 'operators' }),
    'by hand: {"realm":"operators","organization":"o","client":"c","scopes":[],"operatorRealms":["prod"]}',
  ],
  [anEvent('clients.update', { name: 'N' }), 'by hand: {"realm":"prod","organization":"o","client":"c","name":"N"}'],
]
for (const [event, command] of commands) {
  test(`a lost ${event.kind} is reapplied by "${command}"`, () => {
    assert.deepEqual(again(event), [command])
  })
}

test('a rotation that began after the backup is started again, and its later steps are omitted', () => {
  const rotation = [anEvent('rotation.start'), anEvent('rotation.prove'), anEvent('rotation.confirm')]
  assert.deepEqual(again(...rotation), ['countersign secret rotate c --realm prod'])
  assert.match(again(rotation[2]!)[0]!, /^countersign secret confirm c --force/)
})

test('changes are listed oldest first, without tokens and denied requests', () => {
  const [first, second] = [anEvent('clients.delete'), anEvent('organizations.delete')]
  const token = anEvent('token', {}, { detail: {} })
  const revocation = anEvent('clients.delete', {}, { outcome: 'refused' })
  assert.deepEqual(
    listLostChanges([revocation, second, token, first]).map(({ kind }) => kind),
    ['clients.delete', 'organizations.delete'],
  )
})

test('a file that is not an export is rejected with the number of the faulty line', () => {
  const file = join(aFolder(), 'export')
  writeFileSync(file, `${JSON.stringify(anEvent('token'))}\n{"a":1}\n`)
  assert.throws(() => readExport(file), /Line 2 of ".*export" is not an event of the audit log/)
})
