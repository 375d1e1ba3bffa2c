import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationOutput } from '@countersign/admin'
import { createProgram } from './command-line.ts'
import { describeSummary } from './describe-summary.ts'

type Summary = OperationOutput<'realms.summary'>
type Attention = Summary['attention'][number]

const organization = { id: 'b42d0000-0000-4000-8000-000000001a7a', slug: 'acme', name: 'Acme' }
const anItem: Attention = {
  kind: 'rotation-cuts-off',
  severity: 'bad',
  organization,
  client: 'api-client-acme',
  reason: 'new-unused',
  api: null,
  version: null,
  since: null,
  until: '2026-01-15T21:00:00.000Z',
  count: null,
  operation: { name: 'rotation.extend', params: { realm: 'prod', client: 'api-client-acme' } },
}
const aSummary: Summary = {
  realm: 'prod',
  at: '2026-01-15T12:00:00.000Z',
  counts: {
    organizations: 3,
    clients: 4,
    rotating: 1,
    due: 0,
    agreement: { requiredVersion: '2026-01', accepted: 2, outdated: 1, missing: 0, coming: null },
    refusedLastHour: 12,
  },
  attention: [anItem],
  more: false,
  lacking: [],
}

test('a summary has the numbers, and each trouble with the command that helps', () => {
  assert.equal(
    describeSummary(aSummary),
    `realm          prod, as of 2026-01-15T12:00:00.000Z
organizations  3
clients        4
rotations      1
secrets due    0
agreement      version 2026-01: accepted by 2, an older one by 1, none by 0
refused        12 in the last hour

BAD  api-client-acme (acme)  until 2026-01-15T21:00:00.000Z
  The old secret ends, and the new one was never used.
  countersign secret extend api-client-acme --realm prod --window 7d`,
  )
})

test('what the operator may not see is named, and is not zero', () => {
  const counts = { ...aSummary.counts, clients: null, rotating: null, due: null }
  const text = describeSummary({ ...aSummary, counts, attention: [], lacking: ['clients:read'] })
  assert.doesNotMatch(text, /^clients|^rotations/m)
  assert.match(text, /\n\nNothing needs attention\.\n\nWithout the scopes clients:read a part of it is not shown\.$/)
})

const others: Partial<Attention>[] = [
  { kind: 'rotation-cuts-off', reason: 'old-in-use' },
  { kind: 'credential-ends', reason: 'secret' },
  { kind: 'credential-ends', reason: 'key' },
  { kind: 'rotation-can-end', reason: null, severity: 'ok' },
  { kind: 'agreement-refused', reason: 'outdated', client: null, version: '2026-01', count: 412 },
  { kind: 'agreement-refused', reason: 'missing', client: null, version: '2026-01', count: 1 },
  { kind: 'agreement-coming', client: null, organization: null, version: '2026-07', count: 97 },
  { kind: 'secrets-due', client: null, organization: null, count: 9 },
  { kind: 'guard-cut-off', reason: 'cut-off', api: 'orders', count: 2 },
  { kind: 'guard-cut-off', reason: 'blocked', api: 'orders', count: 2 },
  { kind: 'guard-silent', reason: null, api: 'orders', since: '2026-01-15T11:00:00.000Z', until: null },
]
for (const other of others) {
  test(`${other.kind}, ${other.reason}: names a command and options that exist`, () => {
    const text = describeSummary({ ...aSummary, attention: [{ ...anItem, ...other }] })
    const words = text.split('\n').at(-1)!.trim().split(' ').slice(1)
    let command = createProgram()
    for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command
    assert.notEqual(command.name(), 'countersign')
    for (const option of words.filter((word) => word.startsWith('--')))
      assert.ok(
        command.options.some(({ long }) => long === option),
        `${command.name()} ${option}`,
      )
    assert.ok(!text.includes('undefined') && !text.includes('null'), text)
  })
}
