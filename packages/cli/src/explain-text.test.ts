import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeExplanation, describeToken } from './explain-text.ts'

type Explanation = Parameters<typeof describeExplanation>[0]
type Change = NonNullable<Explanation['changedBy']>

const request = {
  id: '01a22588682d-4a69d230-00000001',
  at: '2026-11-29T04:20:26.289Z',
  source: 'the guard of the API "orders"',
  reporter: 'orders-api',
  guard: '4a69d230',
  api: 'orders',
  route: '/v1/orders',
  method: 'GET',
  realm: 'nt24-idp',
  clientId: 'api-client-acme',
  organization: null,
  address: null,
  apiRequestId: 'req-3',
  callerRequestId: 'job-3',
}
const report = { id: request.id, source: request.source, reporter: request.reporter, at: request.at, code: 'organization-suspended' }
const explanation: Explanation = {
  request,
  reports: [report],
  outcome: 'refused',
  status: 403,
  code: 'organization-suspended',
  title: 'The organization is suspended',
  reason: null,
  checks: [],
  failed: 'organization',
  cause: 'The organization "acme" is suspended.',
  changedBy: null,
  unchanged: null,
  certain: true,
  who: 'operator',
  remedy: 'Ask the provider.',
  command: 'countersign organization resume acme --realm nt24-idp',
  now: { outcome: 'same', code: 'organization-suspended', detail: 'It would be refused.' },
}

test('an operator who has the command is not told to ask the provider', () => {
  const text = describeExplanation(explanation)
  assert.match(text, /An operator can fix it\.\n\nNext: countersign organization resume acme --realm nt24-idp$/)
  assert.doesNotMatch(text, /Ask the provider/)
})

const changedBy: Change = {
  eventId: '01a22588682d-4a69d230-00000002',
  at: '2026-11-29T04:20:00.000Z',
  kind: 'organizations.suspend',
  by: { kind: 'operator', id: 'operator-1', realm: 'operators', via: 'api' },
  reason: null,
  requestId: null,
}

test('the reason of the change is told; where an operator gave none, how to give one next time', () => {
  const text = (change: Partial<Change>) => describeExplanation({ ...explanation, changedBy: { ...changedBy, ...change } })
  assert.match(text({ reason: 'ticket 4711' }), /^ {2}reason: ticket 4711$/m)
  assert.match(text({}), /^ {2}reason: none given; --reason records one next time/m)
  assert.match(text({ by: { kind: 'system', id: 'maintenance', realm: null, via: 'system' } }), /^ {2}reason: none given$/m)
})

test('the id in the log of the API and the one of the caller are two facts', () => {
  assert.match(describeExplanation(explanation), /id in its log +req-3\n *caller's id +job-3/)
})

test('a request that would be allowed by now needs nothing', () => {
  const text = describeExplanation({
    ...explanation,
    command: null,
    now: { outcome: 'allowed', code: null, detail: 'It would be allowed.' },
  })
  assert.match(text, /Next: nothing has to be changed; the caller can repeat the request\.$/)
})

test('other requests of the same id of their API are listed by ids of their own', () => {
  const other = { ...report, id: '01a225b0e6b6-2e703231-00000001', at: '2026-11-29T05:04:40.119Z' }
  assert.match(
    describeExplanation({ ...explanation, reports: [report, other] }),
    /Other requests have this id, too:\n {2}01a225b0e6b6-2e703231-00000001 /,
  )
  assert.match(describeExplanation({ ...explanation, reports: [report, report] }), /Other reports of this request:\n/)
})

test('a request that was let through did not get the answer that it would get', () => {
  assert.match(describeExplanation({ ...explanation, outcome: 'let-through' }), /^would get +403 organization-suspended$/m)
})

test('a good token that a route refuses is not said to need nothing', () => {
  const text = describeToken({
    verdict: 'The token is good.',
    standing: 'good',
    since: null,
    token: null,
    changedBy: null,
    unchanged: null,
    certain: true,
    who: null,
    remedy: 'None is needed.',
    command: null,
    decision: {
      api: null,
      method: 'GET',
      route: '/v1/orders',
      outcome: 'refused',
      code: null,
      detail: 'No.',
      requires: null,
      checks: [],
      command: 'x',
    },
  } as unknown as Parameters<typeof describeToken>[0])
  assert.match(text, /Next: x$/)
  assert.doesNotMatch(text, /None is needed/)
})
