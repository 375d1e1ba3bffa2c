import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenProvider, withBearer } from '@countersign/client'
import { decisionChecks, type DecisionReport } from '@countersign/protocol'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { serverUrl, systems } = await startTestDemo()
const { guard, tokenUrl, issuer, clients } = systems['novatrade24']!
const requestId = '0199aabbccdd-0badcafe-00000001'

/** As the guard of the sample API reports, from a process of its own. */
async function report(more: Partial<DecisionReport>): Promise<void> {
  const fetchAs = withBearer(fetch, createTokenProvider({ tokenUrl, ...guard, scope: 'decisions:write' }), { origins: [serverUrl] })
  const health = { mode: 'feed', connected: true, revision: 0, knownAsOfSeconds: 2, reportOnlyUntil: null } as const
  const whole: DecisionReport = {
    guard: '0badcafe',
    api: 'orders',
    number: 1,
    sentAt: Date.now(),
    health,
    refusals: [],
    counts: [],
    lost: { refusals: 0, counts: 0 },
    ...more,
  }
  const answer = await fetchAs(`${issuer}/v1/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(whole),
  })
  assert.equal(answer.status, 204, await answer.text())
}

const acme = Object.values(clients)[0]!
const refusal: DecisionReport['refusals'][number] = {
  requestId,
  at: Date.now(),
  code: 'insufficient-scope',
  method: 'GET',
  route: '/v1/orders',
  clientId: acme.clientId,
  tokenId: null,
  address: '198.51.100.7',
  apiRequestId: 'req-3',
  callerRequestId: 'job-7',
  revision: 0,
  reportOnly: false,
  checks: [{ check: decisionChecks[7], result: 'failed', saw: 'orders:read is not among profile' }],
  requires: { scope: ['orders:read'] },
  partnerId: null,
  requestorId: null,
}

test('refusal list says what was refused, or what was looked for in vain', async () => {
  await report({ refusals: [refusal] })
  const { stdout } = await callCommand(`refusal list --realm nt24-idp --since 2h --client ${acme.clientId} --api orders`)
  assert.match(
    stdout,
    new RegExp(
      `insufficient-scope +${acme.clientId} +orders +198\\.51\\.100\\.7 +GET /v1/orders +orders:read is not among profile +${requestId}`,
    ),
  )
  for (const id of [requestId, 'req-3', 'job-7'])
    assert.match(
      (await callCommand(`refusal list --realm nt24-idp --request ${id}`)).stdout,
      new RegExp(`insufficient-scope .*${requestId}`),
    )
  const none = await callCommand('refusal list --realm nt24-idp --code dpa-missing --api orders')
  assert.equal(none.exitCode, 0)
  assert.match(none.stdout, /^None\. Looked for .* in the realm "nt24-idp" with --code dpa-missing --api orders\.\nLeave out a filter, or/)
  assert.match(none.stdout, /--api takes the name that a guard reports: "--source guard" also finds/)
})

test('refusal list with what does not exist is wrong usage, and says what exists', async () => {
  for (const [args, message] of [
    ['--realm nowhere', /no realm "nowhere"/],
    ['--realm nt24-idp --code nonsense', /--code: expected one of\n[^]* insufficient-scope/],
    ['--realm nt24-idp --source nonsense', /--source: Expected one of "guard", "token"/],
    ['--realm nt24-idp --since yesterday', /"--since yesterday" is not a duration or an instant/],
    ['--realm nt24-idp --organization nowhere', /no organization "nowhere"/],
  ] as const) {
    const { exitCode, stderr } = await callCommand(`refusal list ${args}`)
    assert.ok(exitCode !== 0, args)
    assert.match(stderr, message)
  }
})

test('guard list says which API does not hear of changes', async () => {
  const { stdout } = await callCommand('guard list --realm nt24-idp')
  assert.match(stdout, /^orders +\S+ +0badcafe +connected/m)
  assert.match(stdout, /^orders \(\S+\) hears of changes: 1 process connected\.$/m)
  const health = { mode: 'feed', connected: false, revision: null, knownAsOfSeconds: null, reportOnlyUntil: null } as const
  await report({ guard: '0badcaff', api: 'stock', health })
  const cutOff = await callCommand('guard list --realm nt24-idp')
  assert.match(cutOff.stdout, /^stock \(\S+\) does not hear of changes: 1 process reported, cut off from what changes\./m)
  const none = await callCommand('guard list --realm prod')
  assert.match(none.stdout, /^None\. No guard has reported to the realm "prod"|hears of changes/)
})
