import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { shareTestServer } from '../../test/test-server.fixture.ts'

/** Of a decision, of several, or of a problem. */
interface Answer {
  readonly decision: boolean
  readonly context: {
    readonly code: string
    readonly status: number
    readonly type: string
    readonly remedy: string
    readonly instance: string
    readonly client_id: string
    readonly organization_id: string
    readonly partner_id: string
    readonly exp: number
    readonly checks: readonly { readonly check: string; readonly result: string; readonly saw: string | null }[]
    readonly error: { readonly status: number; readonly message: string }
  }
  readonly evaluations: readonly Answer[]
  readonly type: string
  readonly detail: string
  readonly errors: readonly unknown[]
}

interface Explained {
  readonly code: string
  readonly request: { readonly source: string; readonly clientId: string }
}

suite('POST {issuer}/access/v1/evaluation', () => {
  const shared = shareTestServer()
  const base = '/realms/nt24-idp/access/v1'

  async function anApi(scopes: readonly string[] = ['access:evaluate']) {
    const server = shared()
    const credentials = await server.aClient('nt24-idp', { scopes: [...scopes] })
    const token = await server.tokenOf('nt24-idp', credentials)
    const post = async (path: string, payload: object, headers: Record<string, string> = {}) => {
      const response = await server.request({
        method: 'POST',
        url: `${base}/${path}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        payload: JSON.stringify(payload),
      })
      return { status: response.statusCode, headers: response.headers, json: response.json<Answer>() }
    }
    return { ...credentials, token, evaluate: (question: object, headers = {}) => post('evaluation', question, headers), post }
  }

  /** A client that may act for a partner, and has a token. */
  async function aBackend(settings: object = {}) {
    const server = shared()
    const client = await server.aClient('nt24-idp', settings)
    const partner = randomUUID()
    const params = { realm: 'nt24-idp', partner, organization: client.organizationId }
    await server.requestAdmin('partners.register', { params, body: { name: 'Alder Retail' } })
    await server.requestAdmin('partners.authorize', { params, body: {} })
    await server.requestAdmin('dpa.accept', { params, body: { version: '2026-01', acceptedBy: 'Legal' } })
    return { ...client, partner, token: await server.tokenOf('nt24-idp', client) }
  }

  const api = { type: 'api', id: 'nt24-integration-api' }
  const anything = { name: 'call', properties: {} }
  const ofToken = (id: string) => ({ type: 'access_token', id })

  test('says yes, and who it is, to a token that may act for the partner', async () => {
    const { evaluate } = await anApi()
    const { token, partner, clientId, organizationId } = await aBackend()
    const { status, json, headers } = await evaluate({
      subject: ofToken(token),
      action: { name: 'GET /v1/partners/{sellerId}/orders', properties: {} },
      resource: { type: 'partner', id: partner },
    })
    assert.deepEqual([status, json.decision, headers['cache-control']], [200, true, 'no-store'])
    const { client_id, organization_id, partner_id, exp } = json.context
    assert.deepEqual([client_id, organization_id, partner_id, typeof exp], [clientId, organizationId, partner, 'number'])
  })

  test('says no with status, problem and every check, and the refusal is found by its id', async () => {
    const { evaluate } = await anApi()
    const { token, clientId } = await aBackend()
    const other = randomUUID()
    const question = { subject: ofToken(token), action: anything, resource: { type: 'partner', id: other } }
    const { status, json } = await evaluate(question)
    assert.deepEqual([status, json.decision], [200, false])
    const { code, type, checks, remedy, client_id, instance } = json.context
    assert.deepEqual([code, json.context.status, client_id], ['partner-not-authorized', 403, clientId])
    assert.match(type, /\/problems\/partner-not-authorized$/)
    assert.ok(remedy)
    assert.equal(checks.find(({ result }) => result === 'failed')?.check, 'partner')
    await shared().upkeep.writeRefusals()
    const request = instance.replace('urn:request:', '')
    const explained = (await shared().requestAdmin('requests.explain', { params: { request } })).json<Explained>()
    assert.deepEqual(
      [explained.code, explained.request.source, explained.request.clientId],
      ['partner-not-authorized', 'the decision endpoint of the realm (/access/v1/evaluation)', clientId],
    )
  })

  test('a client without a token is decided with the scopes and rights that it has now', async () => {
    const { evaluate } = await anApi()
    const { clientId, partner, organizationId } = await aBackend()
    const question = { subject: { type: 'client', id: clientId }, action: anything, resource: { type: 'partner', id: partner } }
    assert.equal((await evaluate(question)).json.decision, true)
    await shared().requestAdmin('organizations.suspend', {
      params: { realm: 'nt24-idp', organization: organizationId },
      body: { reason: 'unpaid' },
    })
    assert.equal((await evaluate(question)).json.context.code, 'organization-suspended')
    const nobody = { ...question, subject: { type: 'client', id: 'no-such-client' } }
    assert.equal((await evaluate(nobody)).json.context.code, 'invalid-token')
  })

  test('of a client without a token, the checks say that there was none to look at, and what is so', async () => {
    const { evaluate } = await anApi()
    const { clientId } = await aBackend()
    const ask = async (id: string) =>
      (
        await evaluate({
          subject: { type: 'client', id },
          action: { name: 'x', properties: { capability: 'allowMarketplaceLedKyc' } },
          resource: api,
        })
      ).json.context
    const ofChecks = ({ checks }: Answer['context'], ...names: string[]) =>
      names.map((name) => checks.find(({ check }) => check === name)).map((found) => [found?.result, found?.saw])
    const missing = await ask(clientId)
    assert.equal(missing.code, 'capability-missing')
    const notLooked = ['not-required', null]
    assert.deepEqual(ofChecks(missing, 'credentials', 'token', 'expiry'), [notLooked, notLooked, notLooked])
    assert.deepEqual(ofChecks(missing, 'standing'), [['passed', 'enabled, not revoked']])
    await shared().requestAdmin('clients.update', { params: { realm: 'nt24-idp', client: clientId }, body: { enabled: false } })
    assert.deepEqual(ofChecks(await ask(clientId), 'expiry', 'standing'), [notLooked, ['failed', 'client disabled']])
    const unknown = await ask('no-such-client')
    assert.deepEqual(ofChecks(unknown, 'token', 'standing'), [notLooked, ['failed', 'the client does not exist']])
    assert.match(unknown.remedy, /client id/)
  })

  test('a client does not see what was asked under its name without its token, or with that of its predecessor', async () => {
    const { evaluate } = await anApi()
    const server = shared()
    const { clientId, token } = await aBackend()
    const asked = { action: { name: 'x', properties: { capability: 'allowMarketplaceLedKyc' } }, resource: api }
    assert.equal((await evaluate({ ...asked, subject: { type: 'client', id: clientId } })).json.context.code, 'capability-missing')
    await server.requestAdmin('clients.delete', { params: { realm: 'nt24-idp', client: clientId } })
    const other = await server.aClient('nt24-idp', { clientId })
    assert.equal((await evaluate({ ...asked, subject: ofToken(token) })).json.context.code, 'invalid-token')
    await evaluate({ ...asked, subject: { type: 'client', id: clientId } })
    await server.upkeep.writeRefusals()
    const authorization = `Bearer ${await server.tokenOf('nt24-idp', other)}`
    const seen = await server.request({ url: '/realms/nt24-idp/v1/me/refusals', headers: { authorization } })
    assert.deepEqual(seen.json(), { items: [], next: null })
  })

  test('needs a scope of its own; that of guards is not enough', async () => {
    const { evaluate } = await anApi(['entitlements:read', 'decisions:write'])
    const { token } = await aBackend()
    const { status, json } = await evaluate({ subject: ofToken(token), action: anything, resource: api })
    assert.equal(status, 403)
    assert.match(json.type, /insufficient-scope$/)
  })

  test('a token of another realm, an altered one and none at all are no', async () => {
    const { evaluate } = await anApi()
    const server = shared()
    const { token } = await aBackend()
    const elsewhere = await server.tokenOf('partner-api', await server.aClient('partner-api'))
    for (const id of [elsewhere, `${token.slice(0, -2)}AA`, 'nonsense', 'two words', 'line\nbreak']) {
      const { status, json } = await evaluate({ subject: ofToken(id), action: anything, resource: api })
      assert.deepEqual([status, json.decision, json.context.status], [200, false, 401], id.slice(0, 20))
      assert.ok(!JSON.stringify(json).includes(token))
    }
    const two = await evaluate({ subject: ofToken(`${token},${token}`), action: anything, resource: api })
    assert.deepEqual([two.json.decision, two.json.context.code], [false, 'several-tokens'])
  })

  test('a token for one API is no at another', async () => {
    const { evaluate } = await anApi()
    const { token } = await aBackend()
    const { status, json } = await evaluate({ subject: ofToken(token), action: anything, resource: { type: 'api', id: 'no-such-api' } })
    assert.equal(status, 400)
    assert.match(json.detail, /the realm has no API with the audience "no-such-api"; expected the "aud" of the tokens of your API$/)
    assert.doesNotMatch(json.detail, /nt24-integration-api/, 'which APIs there are is none of the business of another one')
  })

  test('a question that would check less than it means is an error', async () => {
    const { evaluate } = await anApi()
    const { token } = await aBackend()
    const good = { subject: ofToken(token), action: anything, resource: api }
    const wrong: Record<string, object> = {
      'an action without what it requires': { ...good, action: { name: 'read' } },
      'a misspelt requirement': { ...good, action: { name: 'read', properties: { capabilty: 'x' } } },
      'a capability that the realm lacks': { ...good, action: { name: 'read', properties: { capability: 'no-such-capability' } } },
      'another type of resource': { ...good, resource: { type: 'account', id: '1' } },
      'another type of subject': { ...good, subject: { type: 'user', id: 'alice' } },
      'no subject': { action: anything, resource: api },
      'a requestor id that is a number': { ...good, context: { requestor_id: 7 } },
      'a misspelt member': { ...good, ressource: api },
    }
    for (const [what, question] of Object.entries(wrong)) {
      const { status, json } = await evaluate(question)
      assert.equal(status, 400, what)
      assert.ok(json.errors.length > 0, what)
    }
    const { json } = await evaluate({
      ...good,
      context: { time: '2026-11-29T00:00:00Z' },
      subject: { ...good.subject, properties: { ip: '::1' } },
    })
    assert.equal(json.decision, true)
  })

  test('capability and requestor decide as at a guard', async () => {
    const { evaluate } = await anApi()
    const { token, organizationId } = await aBackend()
    const kyc = { subject: ofToken(token), action: { name: 'kyc', properties: { capability: 'allowMarketplaceLedKyc' } }, resource: api }
    assert.equal((await evaluate(kyc)).json.context.code, 'capability-missing')
    const params = { realm: 'nt24-idp', organization: organizationId, capability: 'allowMarketplaceLedKyc' }
    await shared().requestAdmin('capabilities.set', { params, body: { value: true } })
    assert.equal((await evaluate(kyc)).json.decision, true)
    const pay = { ...kyc, action: { name: 'pay', properties: { requestor: 'required' } } }
    assert.equal((await evaluate(pay)).json.context.code, 'requestor-id-missing')
    assert.equal((await evaluate({ ...pay, context: { requestor_id: randomUUID() } })).json.context.code, 'requestor-unknown')
  })

  test('AuthZEN §7: defaults, order and the three ways to end', async () => {
    const { post } = await anApi()
    const { token, partner } = await aBackend()
    const [yes, no] = [{ resource: { type: 'partner', id: partner } }, { resource: { type: 'partner', id: randomUUID() } }]
    const ask = async (semantic: string | undefined, evaluations: object[]) => {
      const options = semantic && { options: { evaluations_semantic: semantic } }
      const { json } = await post('evaluations', { subject: ofToken(token), action: anything, evaluations, ...options })
      return json.evaluations.map(({ decision }) => decision)
    }
    assert.deepEqual(await ask(undefined, [yes, no, yes]), [true, false, true])
    assert.deepEqual(await ask('deny_on_first_deny', [yes, no, yes]), [true, false])
    assert.deepEqual(await ask('permit_on_first_permit', [no, yes, no]), [false, true])
    const single = await post('evaluations', { subject: ofToken(token), action: anything, ...yes })
    assert.equal(single.json.decision, true)
  })

  test('AuthZEN §7.2.1: a faulty evaluation among others is no, with the fault', async () => {
    const { post } = await anApi()
    const { token, partner } = await aBackend()
    const { status, json } = await post('evaluations', {
      subject: ofToken(token),
      action: anything,
      evaluations: [{ resource: { type: 'account', id: '1' } }, { resource: { type: 'partner', id: partner } }],
    })
    assert.equal(status, 200)
    const [faulty, good] = json.evaluations as [Answer, Answer]
    assert.deepEqual([faulty.decision, faulty.context.error.status, good.decision], [false, 400, true])
    assert.match(faulty.context.error.message, /resource\/type/)
  })

  test('other requests are answered between the questions of a batch', async () => {
    const { post } = await anApi()
    const { token } = await aBackend()
    const answeredFirst = async () => {
      const order: string[] = []
      const ask = async (name: string, questions: number) => {
        const evaluations = Array.from({ length: questions }, () => ({}))
        const { json } = await post('evaluations', { subject: ofToken(token), action: anything, resource: api, evaluations })
        assert.equal(json.evaluations.length, questions)
        order.push(name)
      }
      await Promise.all([ask('the batch', 100), ask('one question', 1)])
      return order[0]
    }
    // In one of several: a request may wait for the database besides.
    const first: unknown[] = []
    for (let time = 0; time < 5; time++) first.push(await answeredFirst())
    assert.ok(first.includes('one question'), String(first))
  })

  test('more than a hundred evaluations, and a body of more than a MiB, are errors', async () => {
    const { post } = await anApi()
    const { token } = await aBackend()
    const question = { subject: ofToken(token), action: anything, resource: api }
    const many = await post('evaluations', { ...question, evaluations: Array.from({ length: 101 }, () => ({})) })
    assert.equal(many.status, 400)
    const large = await post('evaluation', { ...question, context: { note: 'x'.repeat(1024 * 1024) } })
    assert.equal(large.status, 413)
  })

  test('a refusal speaks of the question, which has no path and no header', async () => {
    const { evaluate } = await anApi()
    const { token } = await aBackend()
    const about = async (subject: object, action: object, resource: object) =>
      (await evaluate({ subject, action, resource })).json.context as { detail?: string; remedy?: string }
    const partner = await about(ofToken(token), anything, { type: 'partner', id: randomUUID() })
    assert.match(String(partner.detail), /^The partner in \/resource\/id is not in the list/)
    const scope = await about(ofToken(token), { name: 'x', properties: { scope: 'access:evaluate' } }, api)
    assert.match(String(scope.remedy), /named in "scope"/)
    const unknown = await about({ type: 'client', id: 'not-there' }, anything, api)
    assert.match(String(unknown.remedy), /^Check the client id/)
  })

  test('AuthZEN §10.1.5: the request id of the caller is in the response', async () => {
    const { evaluate } = await anApi()
    const { token } = await aBackend()
    const question = { subject: ofToken(token), action: anything, resource: api }
    const ofCaller = { 'x-request-id': 'pep-1' }
    const refused = await evaluate({ ...question, acton: anything }, ofCaller)
    const withoutToken = await evaluate(question, { ...ofCaller, authorization: 'Bearer of-nothing' })
    for (const [status, response] of [
      [200, await evaluate(question, ofCaller)],
      [400, refused],
      [401, withoutToken],
    ] as const)
      assert.deepEqual([response.status, response.headers['x-request-id']], [status, 'pep-1'])
    assert.doesNotMatch(JSON.stringify(refused.json), /urn:request:pep-1/)
  })

  test('AuthZEN §9: the metadata names both endpoints, at both places', async () => {
    const server = shared()
    for (const url of ['/.well-known/authzen-configuration/realms/nt24-idp', '/realms/nt24-idp/.well-known/authzen-configuration']) {
      const json = (await server.request({ url })).json<Record<string, string>>()
      assert.equal(json['access_evaluation_endpoint'], `${json['policy_decision_point']!}/access/v1/evaluation`)
      assert.equal(json['access_evaluations_endpoint'], `${json['policy_decision_point']!}/access/v1/evaluations`)
      assert.match(json['policy_decision_point']!, /\/realms\/nt24-idp$/)
    }
  })
})
