// Who accepts the agreement, where there is a portal and where there is none: in lists, explanations, and what an integrator reads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signInToPortal, realm, withPortal } from '../../test/portal.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'

const checks = [{ check: 'agreement', result: 'failed', saw: 'accepted 2025-01, required 2026-01' }] as const

async function aRefusedClient(settings: Parameters<typeof startTestServer>[0]) {
  const server = await startTestServer({ ...settings, nodes: 1 })
  const client = await server.aClient(realm)
  const guard = await server.aClient(realm, { slug: 'orders', scopes: ['decisions:write'] })
  const place = { realm, organization: client.slug }
  await server.admin('dpa.accept', { params: place, body: { version: '2025-01', acceptedBy: 'Ada Lovelace' } })
  const request = aRequestId()
  const of = { requestId: request, clientId: client.clientId, at: server.clock.now() }
  const refusal = aRefusal({ ...of, code: 'dpa-outdated', checks: [...checks], requires: {} })
  const authorization = `Bearer ${await server.tokenOf(realm, guard)}`
  const payload = { ...aReport({ refusals: [refusal] }) }
  const answer = await server.request({ method: 'POST', url: `/realms/${realm}/v1/decisions`, headers: { authorization }, payload })
  assert.equal(answer.statusCode, 204, answer.body)
  const explained = await server.admin('requests.explain', { params: { request } })
  const [group] = (await server.admin('refusals.summary', { params: { realm }, query: {} })).groups
  const headers = { authorization: `Bearer ${await server.tokenOf(realm, client)}` }
  const [own] = (await server.request({ url: `/realms/${realm}/v1/me/refusals`, headers })).json().items
  return { server, client, request, explained, group, own }
}

test('without a portal an operator records the acceptance, and no one is sent to a portal', async () => {
  const { explained, group, own } = await aRefusedClient({ settings: 'console: {}' })
  assert.deepEqual([explained.who, group?.who, own.fixedBy], ['operator', 'operator', 'provider'])
  assert.match(explained.tell!, /We have to change something/)
  for (const text of [explained.tell, explained.remedy]) assert.doesNotMatch(text!, /\/portal/)
})

test('with a portal an admin of the organization accepts it there, and every list and explanation says so', async () => {
  const { server, client, request, explained, group, own } = await aRefusedClient(withPortal)
  assert.deepEqual([explained.who, group?.who, own.fixedBy], ['integrator', 'integrator', 'you'])
  assert.equal(explained.operation?.name, 'dpa.accept', 'an operator can still record what was accepted otherwise')
  const where = /role "admin" .* in the portal: http:\/\/localhost:8080\/portal\/agreement$/
  assert.match(explained.remedy, where)
  assert.match(explained.tell!.split('\n\n')[1]!, where)
  const browser = await signInToPortal(server, client)
  const there = (await browser.call('requests.explain', { params: { request } })).json()
  assert.deepEqual([there.who, there.now.outcome], ['integrator', 'same'])
  assert.match(there.remedy, where)
  const listed = (await browser.call('refusals.list', { params: { realm } })).json().items[0]
  assert.equal(listed.fixedBy, 'you')
})
