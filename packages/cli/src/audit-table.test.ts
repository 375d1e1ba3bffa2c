import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationOutput } from '@countersign/admin'
import { formatEvents, type TableOptions } from './audit-table.ts'

type Event = OperationOutput<'audit.search'>['items'][number]

const compromised: Event = {
  id: '019bc187c860-c76940f9-00000008',
  at: '2026-01-31T12:00:00.123Z',
  kind: 'signingKeys.compromise',
  outcome: 'success',
  reason: null,
  realm: 'prod',
  organizationId: null,
  organizationSlug: null,
  clientId: null,
  address: '192.0.2.1',
  requestId: '019bc187c860-c76940f9-00000007',
  callerRequestId: null,
  traceId: null,
  actor: { kind: 'operator', id: 'night-shift', realm: 'operators', via: 'api', onBehalfOf: null },
  detail: {
    keyId: '2S0woWTOl7vcknvYblhEAvpNJXkz1Rayn3QPdf1dd-c',
    algorithm: 'ES256',
    before: 'active',
    replacedBy: 'Uf8mIzdO7hwQb3xGJ9kq1tYxkV2v0PpQ0aZc5Yd1nLs',
    reason: 'the disk of a node was copied by a contractor',
  },
}
const one = (event: Partial<Event> = {}) => ({ items: [{ ...compromised, ...event }], next: null })

test('a change of a signing key says which key, who and why; long values are cut, and columns that are empty left out', () => {
  assert.deepEqual(formatEvents(one(), {}).split('\n'), [
    'TIME                  KIND                    OUTCOME  ABOUT  WHO          WHY                               WHAT                                              REQUEST',
    '2026-01-31T12:00:00Z  signingKeys.compromise  success  prod   night-shift  the disk of a node was copied b…  2S0woWTOl7vcknvYblhEAvpNJXkz1Rayn3QPdf1dd-c ES2…  019bc187c860-c76940f9-00000007',
  ])
})

test('a person is named as it was called then, and not by its id', () => {
  const actor = { kind: 'person', id: '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11', realm: 'operators', via: 'console', onBehalfOf: null }
  const [, row] = formatEvents(one({ actor: { ...actor, name: 'Mia Wong' } }), {}).split('\n')
  assert.match(row!, / prod +Mia Wong +the disk/)
  const [, removed] = formatEvents(one({ actor }), { wide: true }).split('\n')
  assert.match(removed!, / 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11 /)
})

test('a wide table has whole values, realm and address', () => {
  const [headings, row] = formatEvents(one(), { wide: true }).split('\n')
  assert.match(headings!, /^TIME +REALM +KIND +OUTCOME +ABOUT +WHO +WHY +WHAT +ADDRESS +REQUEST$/)
  assert.match(row!, /by a contractor +2S0w\S+ ES256, replaced by Uf8m\S+ +192\.0\.2\.1 /)
})

test('in a narrow terminal no line wraps, why and what are there, and a column that is the same in every row is said once', () => {
  const at = '2026-01-31T13:00:00.123Z'
  const other = {
    ...compromised,
    at,
    kind: 'keys.rotate',
    realm: 'other',
    reason: 'planned',
    requestId: '019bc187c860-c76940f9-00000009',
    detail: {},
  }
  for (const width of [80, 100, 120]) {
    const text = formatEvents({ items: [compromised, other], next: null }, { changes: true }, width)
    const lines = text.split('\n')
    assert.ok(
      lines.every((line) => line.length <= width),
      text,
    )
    assert.match(lines[0]!, /^TIME/)
    assert.doesNotMatch(lines[0]!, /OUTCOME|REQUEST/)
    const unwrapped = text.replaceAll(/\s+/g, ' ')
    for (const value of [
      compromised.requestId,
      other.requestId,
      compromised.detail['reason'],
      'replaced by Uf8mIz',
      'what: 2S0w',
      'why: the',
    ])
      assert.ok(unwrapped.includes(String(value)), `${value}\n${text}`)
    assert.match(text, /\n\nThe same in every row:\n[^]*outcome: success\b/)
    assert.match(text, /--wide prints [^]*each row on one line\.$/)
  }
})

test('changes of all realms say in which realm each was made', () => {
  const headings = (options: TableOptions) => formatEvents(one(), options).split('\n')[0]!
  for (const options of [{ changes: true }, { by: 'night-shift' }]) {
    assert.match(headings(options), /^TIME +REALM +KIND /)
    assert.match(headings({ ...options, realm: 'prod' }), /^TIME +KIND /)
  }
  assert.match(headings({}), /^TIME +KIND /)
})

test('a change is about its client, otherwise its organization; a request is made by its client', () => {
  const of = (event: Partial<Event>) =>
    formatEvents(one({ detail: {}, ...event }), {})
      .split('\n')[1]!
      .split(/ {2,}/)
      .slice(3, 5)
  const acme = { organizationId: 'id', organizationSlug: 'acme' }
  assert.deepEqual(of({ ...acme, clientId: 'backend' }), ['backend', 'night-shift'])
  assert.deepEqual(of(acme), ['acme', 'night-shift'])
  assert.deepEqual(of({ ...acme, organizationSlug: null }), ['id', 'night-shift'])
  assert.deepEqual(of({ ...acme, clientId: 'backend', actor: null }), ['acme', 'backend'])
  assert.deepEqual(of({ actor: null, outcome: 'refused' }), ['prod', '192.0.2.1'])
  assert.deepEqual(of({ ...acme, actor: null, detail: { by: { realm: 'operators', client: 'older' } } }), ['acme', 'older'])
})

test('a page without events says whether there are more', () => {
  assert.equal(
    formatEvents({ items: [], next: 'cursor' }, { reason: 'http-403' }),
    'None among the events that were searched so far.\n\nMore items follow: add --after cursor',
  )
  assert.match(
    formatEvents({ items: [], next: null }, { changes: true, kind: ['a', 'b'] }),
    /^None\. Looked for: --kind a,b --changes\nNext: /,
  )
  const ofRequest = formatEvents({ items: [], next: null }, { request: '0199c5e2a4b0-1f2e3d4c-0000002a' })
  assert.match(ofRequest, /\nNext: .+ "countersign explain 0199c5e2a4b0-1f2e3d4c-0000002a"\.$/)
})
