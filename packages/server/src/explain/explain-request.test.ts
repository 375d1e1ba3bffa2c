import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'

suite('refusals of the token endpoint', () => {
  const shared = shareTestServer()

  async function explain(response: { readonly headers: Record<string, unknown> }) {
    const { admin, upkeep, auditEvents } = shared()
    await upkeep.writeRefusals()
    await auditEvents()
    return admin('requests.explain', { params: { request: String(response.headers['x-request-id']) } })
  }

  test('a suspended organization is explained by its suspension, with its author and reason', async () => {
    const { aClient, requestToken, admin, operator } = shared()
    const acme = await aClient(realm)
    await admin('organizations.suspend', { params: { realm, organization: acme.slug }, body: { reason: 'Unpaid' } })
    const { request, changedBy, ...found } = await explain(await requestToken(realm, tokenRequest(acme)))
    assert.deepEqual([found.outcome, found.status, found.code, found.reason], ['refused', 401, 'invalid-client', 'organization-suspended'])
    assert.deepEqual([changedBy?.kind, changedBy?.reason, changedBy?.by?.id], ['organizations.suspend', 'Unpaid', operator.clientId])
    assert.deepEqual([found.certain, found.unchanged, found.who], [true, null, 'operator'])
    assert.equal(found.command, `countersign organization resume ${acme.slug} --realm ${realm} --reason 'why'`)
    const params = { realm, organization: acme.slug }
    assert.deepEqual(found.operation, { name: 'organizations.resume', params, body: {}, missing: [] })
    assert.doesNotMatch(String(found.tell), /Unpaid/)
    assert.equal(found.now.outcome, 'same')
    assert.deepEqual([request.source, request.organization?.slug, request.clientId], ['the token endpoint', acme.slug, acme.clientId])
  })

  test('the change after the refusal is not its cause, and what was repaired is allowed now', async () => {
    const { aClient, requestToken, admin, clock } = shared()
    const acme = await aClient(realm)
    const organization = { params: { realm, organization: acme.slug } }
    await admin('organizations.suspend', { ...organization, body: { reason: 'first' } })
    const refused = await requestToken(realm, tokenRequest(acme))
    clock.advance(1000)
    await admin('organizations.resume', organization)
    assert.equal((await explain(refused)).now.outcome, 'allowed')
    await admin('organizations.suspend', { ...organization, body: { reason: 'second' } })
    const { changedBy, command } = await explain(refused)
    assert.deepEqual([changedBy?.reason, command === null], ['first', false])
  })

  test('a wrong secret is only likely the one that was ended last', async () => {
    const { aClient, requestToken, admin } = shared()
    const acme = await aClient(realm)
    const client = { params: { realm, client: acme.clientId } }
    await admin('rotation.start', { ...client, body: {} })
    await admin('rotation.cancel', { ...client, body: { reason: 'Lost' } })
    const found = await explain(await requestToken(realm, tokenRequest({ ...acme, clientSecret: generateClientSecret() })))
    assert.deepEqual([found.reason, found.certain], ['wrong-secret', false])
    assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason], ['rotation.cancel', 'Lost'])
    assert.equal(found.command, null)
    const lastFour = acme.clientSecret.slice(-4)
    const rotate = `countersign secret rotate ${acme.clientId} --realm ${realm} --reason 'why'`
    assert.equal(
      found.remedy,
      `Ask the integrator which secret its program sends: the one that works ends in "${lastFour}". Only if the integrator has lost it: ${rotate}`,
    )
  })

  test('a wrong secret during a rotation ends neither of both secrets', async () => {
    const { aClient, requestToken, admin } = shared()
    const acme = await aClient(realm)
    await admin('rotation.start', { params: { realm, client: acme.clientId }, body: {} })
    for (const clientSecret of [generateClientSecret(), 'mistyped']) {
      const { command, remedy } = await explain(await requestToken(realm, tokenRequest({ ...acme, clientSecret })))
      assert.equal(command, null)
      assert.match(remedy, new RegExp(`in ".{4}" \\(new\\) or in "${acme.clientSecret.slice(-4)}" \\(old\\)\\.`))
      assert.ok(remedy.endsWith(` countersign secret status ${acme.clientId} --realm ${realm}`), remedy)
    }
  })

  test('what was wrong is repaired and something else is wrong: the next step is about what is wrong now', async () => {
    const { aClient, requestToken, admin } = shared()
    const acme = await aClient(realm)
    const organization = { params: { realm, organization: acme.slug } }
    await admin('organizations.suspend', { ...organization, body: { reason: 'first' } })
    const refused = await requestToken(realm, tokenRequest(acme))
    await admin('organizations.resume', organization)
    const client = { params: { realm, client: acme.clientId } }
    await admin('clients.update', { ...client, body: { enabled: false } })
    const other = await explain(refused)
    assert.equal(other.cause, `The organization "${acme.slug}" was suspended.`)
    assert.equal(other.now.detail, 'It would be refused with "invalid-client": the client is disabled.')
    assert.equal(other.command, `countersign client enable ${acme.clientId} --realm ${realm} --reason 'why'`)
    await admin('clients.update', { ...client, body: { enabled: true } })
    const { who, remedy, command } = await explain(refused)
    assert.deepEqual([who, remedy, command], [null, 'Nothing has to be changed; the caller can repeat the request.', null])
  })

  test('the operation of an explanation changes what was refused, with what an operator adds', async () => {
    const { aClient, admin, database, clock, upkeep } = shared()
    const acme = await aClient(realm)
    const id = '019ac5d2f000-0badcafe-00000202'
    const detail = JSON.stringify({ requires: {}, checks: [{ check: 'dpa', result: 'failed', saw: 'never accepted' }] })
    await database.query(
      `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, client_id) values ('${id}', 'guard', '${realm}', ${clock.now()}, 1, 'guard', 'dpa-missing', '${detail}', '${acme.clientId}')`,
    )
    const { operation } = await admin('requests.explain', { params: { request: id } })
    const params = { realm, organization: acme.slug }
    assert.deepEqual(operation, { name: 'dpa.accept', params, body: { version: '2026-01' }, missing: ['acceptedBy'] })
    await admin('dpa.accept', { params, body: { version: '2026-01', acceptedBy: 'Ada Lovelace' } })
    await upkeep.writeRefusals()
    const { now, operation: none, tell } = await admin('requests.explain', { params: { request: id } })
    assert.deepEqual([now.outcome, none], ['allowed', null])
    assert.match(String(tell), /It would be allowed now: send it again\./)
  })

  test('a refusal of a guard that would now be another one has the step of that', async () => {
    const { aClient, admin, database, clock } = shared()
    const acme = await aClient(realm)
    const id = '019ac5d2f000-0badcafe-00000201'
    const detail = JSON.stringify({ requires: {}, checks: [{ check: 'organization', result: 'failed', saw: 'suspended' }] })
    await database.query(
      `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, client_id) values ('${id}', 'guard', '${realm}', ${clock.now()}, 1, 'guard', 'organization-suspended', '${detail}', '${acme.clientId}')`,
    )
    const { now, command, who } = await admin('requests.explain', { params: { request: id } })
    assert.match(now.detail, /^It would be refused with "dpa-missing"\.$/)
    assert.equal(who, 'operator')
    assert.equal(
      command,
      `countersign dpa accept 2026-01 --accepted-by 'Name of the signatory' --organization ${acme.slug} --realm ${realm} --reason 'why'`,
    )
  })

  test('a refusal that is only in the audit log is explained all the same', async () => {
    const { aClient, requestToken, admin, database } = shared()
    const acme = await aClient(realm)
    await admin('clients.update', { params: { realm, client: acme.clientId }, body: { enabled: false } })
    const refused = await requestToken(realm, tokenRequest(acme))
    await explain(refused)
    await database.query('delete from refusals')
    const found = await explain(refused)
    assert.deepEqual([found.reason, found.code, found.changedBy?.kind], ['client-disabled', 'invalid-client', 'clients.update'])
  })

  test('a token request that succeeded says so', async () => {
    const { aClient, requestToken } = shared()
    const acme = await aClient(realm)
    const { outcome, cause } = await explain(await requestToken(realm, tokenRequest(acme)))
    assert.deepEqual([outcome, cause], ['issued', `A token was issued to the client "${acme.clientId}".`])
  })

  test('an id that is not of this form is said to be of the API', async () => {
    const { requestAdmin } = shared()
    const response = await requestAdmin('requests.explain', { params: { request: 'req-8' } })
    const problem = response.json<{ status: number; remedy: string }>()
    assert.deepEqual([problem.status, /made by the API itself/.test(problem.remedy)], [404, true])
  })

  test('an operator that is limited to realms gets the same for a request of another realm as for none', async () => {
    const { aClient, requestToken, requestAdmin, createOperator, upkeep, auditEvents } = shared()
    const acme = await aClient(realm)
    const limited = await createOperator({ realms: ['prod'] })
    const refused = await requestToken(realm, tokenRequest({ ...acme, clientSecret: generateClientSecret() }))
    await upkeep.writeRefusals()
    await auditEvents()
    const id = String(refused.headers['x-request-id'])
    const unknown = `${id.slice(0, -8)}0badcafe`
    const [foreign, none] = await Promise.all(
      [id, unknown].map(async (request) => {
        const response = await requestAdmin('requests.explain', { params: { request } }, limited)
        return response.body.replaceAll(request, 'ID').replaceAll(String(response.headers['x-request-id']), 'OWN')
      }),
    )
    assert.equal(foreign, none)
    assert.match(foreign!, /"status":404/)
  })
})
