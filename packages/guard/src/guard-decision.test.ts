import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import type { GuardDecision } from './guard-decision.ts'
import { aRealm, clientId, foreignPartnerId, organizationId, partnerId, requestorId, startSeconds } from './guard.fixture.ts'
import type { GuardOptions } from './guard-options.ts'
import { param, type Requirement } from './requirement.ts'

const requirement: Requirement = { scope: 'orders:read', partner: param('sellerId'), requestor: 'required', dpa: 'any' }
const route = { method: 'GET', route: '/v1/partners/{sellerId}/orders' }

function aListened(options: Partial<GuardOptions> = {}) {
  const decisions: GuardDecision[] = []
  const realm = aRealm({ onDecision: (decision) => decisions.push(decision), ...options })
  const rawHeaders = ['Authorization', `Bearer ${realm.token()}`, 'Requestor-ID', requestorId]
  const ask = (more: object = {}) =>
    realm.guard.authorize(
      { rawHeaders, url: `/v1/partners/${partnerId}/orders?secret=1`, params: { sellerId: partnerId }, ...route, ...more },
      requirement,
    )
  return { realm, decisions, ask }
}

test('the listener gets each decision with all that is known, and neither a token nor a path', async () => {
  const { decisions, ask } = aListened()
  await ask({ address: '::ffff:198.51.100.7', requestId: 'req-1' })
  const denial = await ask({ address: '2001:db8:9:1::7', params: { sellerId: foreignPartnerId } })
  assert.equal(denial.allowed, false)
  const [allowed, refused] = decisions
  const { requestId, ...rest } = allowed!
  assert.match(requestId, /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  assert.deepEqual(rest, {
    at: startSeconds * 1000,
    ...route,
    outcome: 'allowed',
    clientId,
    organizationId,
    tokenId: 'token-1',
    address: '198.51.100.7',
    apiRequestId: 'req-1',
    callerRequestId: null,
    checks: [],
    partnerId,
    requestorId,
    requires: { scope: ['orders:read'], partner: 'sellerId', requestor: 'required', dpa: 'any' },
    revision: null,
    reportOnly: false,
  })
  assert.equal(refused?.outcome, 'partner-not-authorized')
  assert.equal(refused?.requestId, denial.requestId)
  assert.deepEqual(refused?.checks, denial.checks)
  assert.equal(refused?.partnerId, foreignPartnerId)
  assert.equal(refused?.address, '2001:db8:9:1::/64')
  assert.doesNotMatch(JSON.stringify(decisions), /eyJ|secret|Bearer/)
})

test('a request id of the form of the server is the id of the denial, every other one is made by the guard', async () => {
  const { decisions, ask } = aListened()
  const own = '019ac5d2f000-0badcafe-00000007'
  await ask({ params: {}, requestId: own })
  await ask({ params: {}, requestId: 'req-1' })
  await ask({ params: {}, requestId: 'eyJhbGciOi' })
  assert.equal(decisions[0]?.requestId, own)
  assert.deepEqual(
    decisions.map(({ apiRequestId }) => apiRequestId),
    [null, 'req-1', null],
  )
  assert.equal(new Set(decisions.map(({ requestId }) => requestId)).size, 3)
})

test('the id that the caller sent is told beside the one of the API', async () => {
  const { decisions, ask } = aListened()
  const sent = async (...rawHeaders: string[]) => {
    await ask({ rawHeaders, requestId: 'req-1' })
    const { apiRequestId, callerRequestId } = decisions.at(-1)!
    return [apiRequestId, callerRequestId]
  }
  assert.deepEqual(await sent('X-Request-Id', 'job-7'), ['req-1', 'job-7'])
  assert.deepEqual(await sent('X-Request-Id', '019ac5d2f000-0badcafe-00000007'), ['req-1', '019ac5d2f000-0badcafe-00000007'])
  for (const unsafe of ['two words', 'x'.repeat(65), 'eyJhbGciOi', `csk_${'a'.repeat(30)}`, ''])
    assert.deepEqual(await sent('X-Request-Id', unsafe), ['req-1', null])
  assert.deepEqual(await sent('X-Request-Id', 'job-7', 'x-request-id', 'job-8'), ['req-1', null])
})

for (const [what, wrong] of Object.entries({
  'a path': { route: `/v1/partners/${partnerId}/orders` },
  'a query': { route: '/v1/orders?access_token=x' },
  'a long text': { route: `/${'x'.repeat(300)}` },
  'no path': { route: 'orders' },
})) {
  test(`a route that is ${what} is not told`, async () => {
    const { decisions, ask } = aListened()
    await ask({ ...wrong, method: 'get it' })
    assert.deepEqual([decisions[0]?.route, decisions[0]?.method], [null, null])
  })
}

test('a listener that throws or rejects changes no decision', async () => {
  const throwing = () => {
    throw new Error('the log is full')
  }
  for (const onDecision of [throwing, async () => throwing()]) {
    const { ask } = aListened({ onDecision })
    assert.equal((await ask()).allowed, true)
    assert.equal((await ask({ params: {} })).allowed, false)
  }
})

test('a request that no adapter should pass is denied and told all the same', async () => {
  const { decisions, realm } = aListened()
  for (const request of [undefined, null, {}, { rawHeaders: 7 }]) {
    const verdict = await realm.guard.authorize(request as never, requirement)
    assert.equal(!verdict.allowed && verdict.code, 'internal-error')
  }
  assert.equal(decisions.length, 4)
  assert.ok(decisions[0]?.cause instanceof TypeError)
})

test('a listener that returns a promise of another realm of JavaScript, as test runners have, cannot end the process by its rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const { ask } = aListened({ onDecision: () => runInNewContext('Promise.reject(new Error("the log is full"))') as unknown })
  assert.equal((await ask()).allowed, true)
  await new Promise(setImmediate)
  process.off('unhandledRejection', note)
  assert.deepEqual(unhandled, [])
})

test('a listener that changes what it is told changes neither the denial nor what is told next', async () => {
  const told: GuardDecision[] = []
  const { ask } = aListened({
    onDecision: (decision) => {
      told.push(structuredClone(decision))
      const open = decision as unknown as { outcome: string; checks: { saw: string }[]; reportOnly: boolean }
      open.outcome = 'allowed'
      open.reportOnly = true
      for (const check of open.checks) check.saw = 'changed'
      open.checks.length = 0
    },
  })
  const denials = [await ask({ params: { sellerId: foreignPartnerId } }), await ask({ params: { sellerId: foreignPartnerId } })]
  for (const denial of denials) {
    assert.deepEqual(!denial.allowed && [denial.code, denial.reportOnly, denial.checks.length], ['partner-not-authorized', undefined, 13])
    assert.ok(!JSON.stringify(denial).includes('changed'))
  }
  assert.deepEqual(told[1]?.checks, told[0]?.checks)
})
