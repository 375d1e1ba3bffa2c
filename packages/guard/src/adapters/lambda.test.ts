import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm, clientId, foreignPartnerId, organizationId, partnerId, requestorId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { aRemoteGuard } from '../remote.fixture.ts'
import { param } from '../requirement.ts'
import { toHttpEvent, toRestEvent, type EventRoute } from './lambda.fixture.ts'
import { countersignGuard, type AuthorizerEvent, type GatewayEvent, type GatewayResult, type HttpEvent, type RestEvent } from './lambda.ts'
import { contractOf } from './adapter-contract.fixture.ts'
import { lambdaHttp, lambdaRest } from './web-adapters.fixture.ts'

contractOf(lambdaHttp)
contractOf(lambdaRest)

const orders: EventRoute = { template: '/v1/partners/{sellerId}/orders', params: { sellerId: partnerId } }
const url = `https://api.example.com/v1/partners/${partnerId}/orders`
const requires = { partner: param('sellerId') }

function aLambda() {
  const realm = aRealm()
  const told: GuardDecision[] = []
  const guard = countersignGuard({ guard: realm.guard, onUndecided: () => {}, onDecision: (decision) => told.push(decision) })
  const headers = { authorization: `Bearer ${realm.token()}` }
  const http = (init: RequestInit = { headers }, route = orders, at = url) => toHttpEvent(new Request(at, init), route)
  const rest = async (init: RequestInit = { headers }, route = orders, at = url) => ({
    ...(await toRestEvent(new Request(at, init), route)),
    methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:abcdef/live/GET/v1/orders',
  })
  return { realm, told, headers, http, rest, ...guard }
}

function codeOf({ body = '' }: GatewayResult): string {
  return (JSON.parse(body) as { readonly type: string }).type.replace(/.*\//, '')
}

for (const format of ['http', 'rest'] as const) {
  test(`a handler behind ${format} gets the access, and the context of the runtime `, async () => {
    const { guarded, [format]: event } = aLambda()
    interface Context {
      readonly awsRequestId: string
      readonly getRemainingTimeInMillis: () => number
    }
    const context: Context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 7 }
    const handler = guarded<GatewayEvent, Context>(requires, (_event, { access, awsRequestId, getRemainingTimeInMillis }) => ({
      statusCode: 200,
      body: `${access.token.clientId} ${awsRequestId} ${getRemainingTimeInMillis()}`,
    }))
    assert.deepEqual(await handler(await event(), context), { statusCode: 200, body: `${clientId} request-1 7` })
  })

  test(`a denial behind ${format} is a problem with its challenge and the request id`, async () => {
    const { guarded, told, [format]: event } = aLambda()
    const handler = guarded(requires, () => assert.fail('the handler runs'))
    const denied: GatewayResult = await handler(await event({}), {})
    assert.deepEqual([denied.statusCode, codeOf(denied)], [401, 'missing-token'])
    assert.match(String(denied.headers?.['www-authenticate']), /^Bearer realm="nt24-idp"/)
    const [{ route, method, address, requestId } = assert.fail()] = told
    assert.deepEqual([method, route, address], ['GET', '/v1/partners/{sellerId}/orders', '198.51.100.7'])
    assert.equal(denied.headers?.['x-request-id'], requestId)
  })

  test(`abuse 272: repeated headers, and a token in the query beside one in the header, are several tokens behind ${format}`, async () => {
    const { guarded, realm, headers, [format]: event } = aLambda()
    const handler = guarded(requires, () => assert.fail('the handler runs'))
    const twice = new Headers(headers)
    twice.append('authorization', `Bearer ${realm.token({ jti: 'token-2' })}`)
    const results = [
      await handler(await event({ headers: twice }), {}),
      await handler(await event({ headers }, orders, `${url}?x=1&access_token=b`), {}),
    ]
    assert.deepEqual(
      results.map((result) => [result.statusCode, codeOf(result)]),
      [
        [400, 'several-tokens'],
        [400, 'several-tokens'],
      ],
    )
  })

  test(`the rate is added to a result with a status behind ${format}, and to no other`, async () => {
    const { guarded, realm, [format]: event } = aLambda()
    realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 9, windowSeconds: 60 } } })
    const results: readonly unknown[] = [
      { statusCode: 200, headers: { 'Content-Type': 'text/plain' } },
      { statusCode: 200, headers: { RateLimit: 'own' } },
      'text',
      { a: 1 },
    ]
    const answers = await Promise.all(results.map(async (result) => guarded(requires, () => result)(await event(), {})))
    const [first, second, ...others] = answers as GatewayResult[]
    assert.deepEqual(Object.keys(first?.headers ?? {}), ['Content-Type', 'ratelimit-policy', 'ratelimit'])
    assert.equal(second?.headers?.['RateLimit'], 'own')
    assert.equal(second?.headers?.['ratelimit'], undefined)
    assert.deepEqual(others, ['text', { a: 1 }])
  })

  test(`a requirement whose parameter the route does not have answers 500 behind ${format}`, async () => {
    const { guarded, [format]: event } = aLambda()
    const handler = guarded({ partner: param('partnerId') }, () => assert.fail('the handler runs'))
    assert.equal((await handler(await event(), {})).statusCode, 500)
    assert.throws(() => guarded({ partner: param('partnerId') }, () => ({ statusCode: 200 }), orders.template), /"partnerId"/)
  })
}

test('the event reaches the handler as it is, with a body in base64', async () => {
  const { guarded, http } = aLambda()
  const event = { ...http(), body: 'AAE=', isBase64Encoded: true }
  assert.equal(await guarded({}, (given: typeof event) => given)(event, {}), event)
})

/** As `@types/aws-lambda` has it, where the version is any text. */
interface ProxyEventV2 {
  version: string
  routeKey: string
  rawPath: string
  rawQueryString: string
  headers: { [name: string]: string | undefined }
  pathParameters?: { [name: string]: string | undefined }
  requestContext: { requestId: string; http: { method: string; sourceIp: string } }
  isBase64Encoded: boolean
}

test('a handler and an authorizer take the event as the types of AWS have it', async () => {
  const { guarded, simpleAuthorizer, http } = aLambda()
  const handler: (event: ProxyEventV2, context: object) => Promise<unknown> = guarded(
    {},
    async ({ isBase64Encoded }: ProxyEventV2, { access }) => ({ statusCode: 200, body: `${isBase64Encoded} ${access.token.clientId}` }),
  )
  const { routeKey, rawPath, headers = {}, requestContext } = http()
  const { method, sourceIp = '' } = requestContext.http
  const of = { requestId: 'JKJaXmPLvHcESHA=', http: { method, sourceIp } }
  const event: ProxyEventV2 = { version: '2.0', routeKey, rawPath, rawQueryString: '', headers, requestContext: of, isBase64Encoded: false }
  const authorize: (event: ProxyEventV2) => Promise<{ isAuthorized: boolean }> = simpleAuthorizer({ [routeKey]: { requires: {} } })
  assert.match(((await handler(event, {})) as { body: string }).body, /^false /)
  assert.equal((await authorize(event)).isAuthorized, true)
})

test('an event that is not of API Gateway is an error, and runs no handler', async () => {
  const { guarded } = aLambda()
  const handler = guarded({}, () => assert.fail('the handler runs'))
  for (const event of [undefined, {}, { Records: [] }, { version: '2.0' }, { type: 'TOKEN', authorizationToken: 'Bearer a' }])
    await assert.rejects(handler(event as never, {}), { name: 'TypeError' })
})

test('an event of a load balancer, which hides all but the last of repeated headers, is an error', async () => {
  const { guarded, rest, http } = aLambda()
  const handler = guarded({}, () => assert.fail('the handler runs'))
  const { resource: _resource, ...event } = {
    ...(await rest()),
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing' } },
  }
  await assert.rejects(handler(event as never, {}), { name: 'TypeError', message: /of an Application Load Balancer/ })
  await assert.rejects(handler({ ...(await http()), routeKey: undefined } as never, {}), { message: /neither .* "routeKey"/ })
})

test('headers of a REST API that are spelt in two ways are two headers, also without multiValueHeaders', async () => {
  const { guarded, rest, headers } = aLambda()
  const handler = guarded(requires, () => assert.fail('the handler runs'))
  const event = await rest()
  const both = { authorization: headers.authorization, Authorization: headers.authorization }
  const spelt = [
    { ...event, multiValueHeaders: undefined, headers: both },
    { ...event, multiValueHeaders: { authorization: [headers.authorization], Authorization: [headers.authorization] } },
    { ...event, multiValueHeaders: { Authorization: [headers.authorization, headers.authorization] } },
  ]
  for (const each of spelt) assert.equal((await handler(each as unknown as RestEvent, {})).statusCode, 400)
  assert.equal((await handler({ ...event, headers: null, multiValueHeaders: null }, {})).statusCode, 401)
})

const routes = {
  'GET /v1/partners/{sellerId}/orders': { requires },
  'GET /v1/payments': { requires: { requestor: 'required' } },
  'GET /health': { public: true },
} as const

test('an authorizer allows with who is calling, as plain text', async () => {
  const { simpleAuthorizer, policyAuthorizer, http, rest } = aLambda()
  const context = { clientId, organizationId, organization: 'acme', scope: 'orders:read orders:write', tokenId: 'token-1', partnerId }
  assert.deepEqual(await simpleAuthorizer(routes)(await http()), { isAuthorized: true, context })
  const event = await rest()
  assert.deepEqual(await policyAuthorizer(routes)(event), {
    principalId: clientId,
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }] },
    context,
  })
})

test('an authorizer passes on the requestor, and nothing of a public route', async () => {
  const { simpleAuthorizer, http, headers, realm } = aLambda()
  realm.setEntitlement({ requestors: { total: 1, list: [{ id: requestorId, permissions: [] }] } } as never)
  const asked = await http({ headers: { ...headers, 'requestor-id': requestorId } }, { template: '/v1/payments' })
  const { context, isAuthorized } = await simpleAuthorizer(routes)(asked)
  assert.ok(isAuthorized ? context['requestorId'] === requestorId : context['code'] === 'requestor-unknown')
  assert.deepEqual(await simpleAuthorizer(routes)(await http({}, { template: '/health' })), { isAuthorized: true, context: {} })
})

test('an authorizer makes 403 of what is no 401, with the problem for a gateway response', async () => {
  const { simpleAuthorizer, policyAuthorizer, http, rest } = aLambda()
  const foreign = { ...orders, params: { sellerId: foreignPartnerId } }
  const { isAuthorized, context } = await simpleAuthorizer(routes)(await http(undefined, foreign))
  assert.deepEqual([isAuthorized, context['code']], [false, 'partner-not-authorized'])
  assert.equal((JSON.parse(context['problem']!) as { instance: string }).instance, `urn:request:${context['requestId']}`)
  const { policyDocument, principalId } = await policyAuthorizer(routes)(await rest(undefined, foreign))
  assert.deepEqual([policyDocument.Statement[0].Effect, principalId], ['Deny', 'unknown'])
})

test('an authorizer rejects where the status is 401 or 500', async () => {
  const { simpleAuthorizer, policyAuthorizer, http, rest, headers } = aLambda()
  await assert.rejects(simpleAuthorizer(routes)(await http({})), { message: 'Unauthorized' })
  await assert.rejects(policyAuthorizer(routes)(await rest({})), { message: 'Unauthorized' })
  await assert.rejects(
    simpleAuthorizer(routes)(await http({ headers }, { template: '/v1/other' })),
    /"GET \/v1\/other" is not in the table/,
  )
  await assert.rejects(policyAuthorizer(routes)({ type: 'TOKEN', authorizationToken: 'Bearer a', methodArn: 'a' } as never), {
    name: 'TypeError',
  })
  const away = countersignGuard({
    guard: aRealm({ entitlements: { find: () => Promise.reject(new Error('away')) } }).guard,
    onUndecided: () => {},
  })
  await assert.rejects(away.simpleAuthorizer(routes)(await http()), /temporarily-unavailable/)
})

test('a policy names the request literally, whatever its path contains', async () => {
  const { policyAuthorizer, rest } = aLambda()
  const event = { ...(await rest()), methodArn: 'arn:aws:execute-api:eu-central-1:1:a/live/GET/v1/*/${aws:userid}?' }
  const { policyDocument } = await policyAuthorizer(routes)(event)
  assert.equal(policyDocument.Statement[0].Resource, 'arn:aws:execute-api:eu-central-1:1:a/live/GET/v1/${*}/${$}{aws:userid}${?}')
})

test('a table of an authorizer with a route that declares nothing, or names a missing parameter, is an error at the start', () => {
  const { simpleAuthorizer } = aLambda()
  for (const [table, message] of [
    [{ 'GET /a': {} }, /GET \/a has neither/],
    [{ 'GET /a': { requires: {}, public: true } }, /both guarded and public/],
    [{ 'ANY /a/{b+}': { requires } }, /"sellerId"/],
    [{ 'GET /a': { requires: { scopes: 'a' } } }, /"scopes"/],
    [{ 'GET /a': { requires: {}, scope: 'a' } }, /The route GET \/a: unknown option "scope"/],
    [{ 'GET /a': null }, /The route GET \/a: expected an object of options, found null/],
    [{ 'GET /a/:b': { requires: {} } }, /":b" is the parameter of another syntax; write "\{b\}"/],
    [
      { '/a': { requires: {} } },
      /The route "\/a" is neither a method and a template of the gateway, such as "GET \/v1\/orders\/\{id\}", nor "\$default"/,
    ],
    [{ 'get /a': { requires: {} } }, /The route "get \/a" is neither/],
    [undefined, /"routes" is not a table/],
  ] as const)
    assert.throws(() => simpleAuthorizer(table as never), { name: 'TypeError', message })
})

test('a denial is reported before the answer, and what it takes is bounded', async () => {
  const reports: unknown[] = []
  const { guard, server, clock } = aRemoteGuard({ reports: {} })
  server.answer(`${guard.issuer}/v1/decisions`, async (request) => {
    reports.push(await request.json())
    return new Response(null, { status: 204 })
  })
  const { guarded } = countersignGuard({ guard })
  const handler = guarded({}, () => ({ statusCode: 200 }))
  const event = await toHttpEvent(new Request(url), orders)
  for (let i = 0; i < 3; i++) assert.equal((await handler(event, {})).statusCode, 401)
  assert.equal(reports.length, 1) // The others wait for the next second.
  clock.advance(1)
  await handler(event, {})
  assert.equal(reports.length, 2)
  assert.equal((reports[1] as { refusals: unknown[] }).refusals.length, 3)
})

test('an environment that was frozen for hours asks the server before it decides', async () => {
  const { guard, server, clock, sign } = aRemoteGuard()
  const { guarded } = countersignGuard({ guard, onUndecided: () => {} })
  const handler = guarded({}, () => ({ statusCode: 200 }))
  const event = async () =>
    toHttpEvent(
      new Request(url, { headers: { authorization: `Bearer ${sign({ exp: clock.now() / 1000 + 300, iat: clock.now() / 1000 })}` } }),
      orders,
    )
  assert.equal((await handler(await event(), {})).statusCode, 200)
  clock.suspend(7200)
  server.realm.client = () => undefined
  server.realm.change('client', null, clientId)
  assert.equal((await handler(await event(), {})).statusCode, 401)
  clock.suspend(7200)
  for (const path of ['/v1/changes', '/v1/entitlement']) server.answer(`${guard.issuer}${path}`, () => new Response(null, { status: 503 }))
  assert.equal((await handler(await event(), {})).statusCode, 503)
})

export type { AuthorizerEvent, HttpEvent }
