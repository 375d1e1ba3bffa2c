import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startSmallIdp, type Misbehaviour } from '../../test/idp/small-idp.fixture.ts'
import { randomPart, type Flow } from './flow.ts'
import { boundedFetch, type BoundedFetch } from '../outbound/bounded-fetch.ts'
import { createCheckedFetch } from '../outbound/checked-fetch.ts'
import { FetchBusyError } from '../outbound/fetch-error.ts'
import { createOutboundRules } from '../outbound/outbound-rules.ts'
import { createIdentityProvider } from './identity-provider.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

const idp = await startSmallIdp()
const callbackUrl = 'https://console.example/console/api/oidc/callback'

function aClient(timeouts?: { request: number; finish: number }, fetch: BoundedFetch = boundedFetch) {
  return createIdentityProvider({
    settings: {
      issuer: idp.issuer,
      clientId: idp.clientId,
      claim: 'groups',
      scopes: ['profile'],
    },
    readSecret: () => idp.clientSecret,
    callbackUrl,
    clock: Date.now,
    fetch,
    ...(timeouts && { timeouts }),
  })
}

const aFlow = (more: Partial<Flow> = {}): Flow => ({
  party: 'a party',
  state: randomPart(),
  nonce: randomPart(),
  verifier: randomPart(),
  returnTo: '/console',
  beganAt: Date.now(),
  ...more,
})

/** The code and the reason of a refusal. */
async function refusalOf(attempt: Promise<unknown>): Promise<readonly [code: string, reason: string]> {
  const error = await attempt.then(
    () => assert.fail('It was not refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof SignInRefusal, String(error))
  return [error.code, error.reason]
}

async function signIn(otherwise: Misbehaviour = {}, flow = aFlow(), client = aClient()) {
  idp.behave(otherwise)
  const back = await idp.visit(await client.startUrl(flow))
  return client.finish(back.search, flow)
}

test('the browser is sent to the identity provider with everything that binds the answer to it', async () => {
  const flow = aFlow()
  const { origin, pathname, searchParams } = await aClient().startUrl(flow)
  assert.equal(origin + pathname, `${idp.issuer}/authorize`)
  const { code_challenge: challenge, ...rest } = Object.fromEntries(searchParams)
  assert.match(challenge ?? '', /^[\w-]{43}$/)
  assert.notEqual(challenge, flow.verifier)
  assert.deepEqual(rest, {
    client_id: 'console',
    response_type: 'code',
    redirect_uri: callbackUrl,
    scope: 'openid profile',
    state: flow.state,
    nonce: flow.nonce,
    code_challenge_method: 'S256',
  })
})

test('who has signed in is what the ID token says', async () => {
  const { idpSession, provenAt, ...identity } = await signIn({ claims: (claims) => ({ ...claims, sid: 's1', auth_time: 1_600_000_000 }) })
  assert.deepEqual(identity, {
    issuer: idp.issuer,
    subject: 'mia',
    name: 'Mia Wong',
    address: 'mia@acme.example',
    groups: ['owners'],
  })
  assert.deepEqual([idpSession, provenAt], ['s1', 1_600_000_000_000])
})

test('groups that the ID token does not have come from the userinfo endpoint, about the same person only', async () => {
  const claims = (all: Record<string, unknown>) => ({ ...all, groups: undefined })
  assert.deepEqual((await signIn({ claims })).groups, ['owners'])
  assert.deepEqual(await refusalOf(signIn({ claims, userinfo: { sub: 'other', groups: ['owners'] } })), ['sign-in-invalid', 'idp-answer'])
  const named = await signIn({ claims, userinfo: { sub: 'mia', name: 'Other Name', groups: ['support'] } })
  assert.deepEqual([named.name, named.groups], ['Mia Wong', ['support']])
})

suite('an answer that was altered signs no one in', () => {
  const seconds = () => Math.floor(Date.now() / 1000)
  const cases: readonly [what: string, otherwise: Misbehaviour, reason?: string][] = [
    ['the state of another sign-in', { back: (query) => query.set('state', randomPart()) }],
    ['no state', { back: (query) => query.delete('state') }],
    ['two states', { back: (query) => query.append('state', randomPart()) }],
    ['the issuer of another server in the response (RFC 9207)', { back: (query) => query.set('iss', 'https://evil.example') }],
    ['no issuer in the response', { back: (query) => query.delete('iss') }],
    ['no code', { back: (query) => query.delete('code') }],
    ['a code that was guessed', { back: (query) => query.set('code', randomPart()) }, 'idp-code'],
    ['the nonce of another sign-in', { claims: (claims) => ({ ...claims, nonce: randomPart() }) }],
    ['no nonce', { claims: (claims) => ({ ...claims, nonce: undefined }) }],
    ['another issuer', { claims: (claims) => ({ ...claims, iss: `${idp.issuer}/` }) }],
    ['another audience', { claims: (claims) => ({ ...claims, aud: 'another-client' }) }],
    ['several audiences and another authorized party', { claims: (claims) => ({ ...claims, aud: ['console', 'x'], azp: 'x' }) }],
    ['an end that is over', { claims: (claims) => ({ ...claims, iat: seconds() - 900, exp: seconds() - 600 }) }],
    ['no end', { claims: (claims) => ({ ...claims, exp: undefined }) }],
    ['a date in the future', { claims: (claims) => ({ ...claims, nbf: seconds() + 600 }) }],
    ['no subject', { claims: (claims) => ({ ...claims, sub: undefined }) }],
    ['a subject that cannot be shown', { claims: (claims) => ({ ...claims, sub: 'a\u202eb' }) }, 'idp-subject'],
    ['no signature', { signature: 'none' }],
    ['a signature by the secret of the client', { signature: 'hmac' }],
    ['a signature by another key', { signature: 'other-key' }],
    ['claims that were altered after signing', { signature: 'altered' }],
    ['an unknown key', { header: (header) => ({ ...header, kid: 'k2' }) }],
    ['a header that changes how it is read', { header: (header) => ({ ...header, crit: ['b64'], b64: false }) }],
  ]
  for (const [what, otherwise, reason = 'idp-answer'] of cases)
    test(what, async () => assert.deepEqual(await refusalOf(signIn(otherwise)), ['sign-in-invalid', reason]))
})

test('a code signs in once, and only the browser that has begun', async () => {
  const client = aClient()
  const flow = aFlow()
  idp.behave()
  const back = await idp.visit(await client.startUrl(flow))
  assert.deepEqual(await refusalOf(client.finish(back.search, { ...flow, verifier: randomPart() })), ['sign-in-invalid', 'idp-code'])
  await client.finish(back.search, flow)
  assert.deepEqual(await refusalOf(client.finish(back.search, flow)), ['sign-in-invalid', 'idp-code'])
})

test('a person who cancels at the identity provider is told so, without its words', async () => {
  const back = (query: URLSearchParams) => {
    query.delete('code')
    query.set('error', 'access_denied')
    query.set('error_description', '<script>')
  }
  assert.deepEqual(await refusalOf(signIn({ back })), ['idp-refused', 'idp-refused'])
})

test('a fresh sign-in asks for one, and an older one does not count', async () => {
  const flow = aFlow({ confirms: 'a person' })
  const url = await aClient().startUrl(flow)
  assert.deepEqual([url.searchParams.get('prompt'), url.searchParams.get('max_age')], ['login', '0'])
  await signIn({}, flow)
  const old = Math.floor(Date.now() / 1000) - 120
  for (const claims of [
    (all: Record<string, unknown>) => ({ ...all, auth_time: old }),
    (all: Record<string, unknown>) => ({ ...all, auth_time: undefined }),
    (all: Record<string, unknown>) => ({ ...all, auth_time: 'now' }),
  ])
    assert.equal((await refusalOf(signIn({ claims }, aFlow({ confirms: 'a person' }))))[0], 'sign-in-invalid')
})

suite('an identity provider that fails', () => {
  const discoveryPath = '/.well-known/openid-configuration'
  const answers: readonly [what: string, answer: Required<Misbehaviour>['answer']['with']][] = [
    ['with an error', (response) => void response.writeHead(500).end('down')],
    ['by a redirect', (response) => void response.writeHead(302, { location: `${idp.issuer}/other` }).end()],
    ['with something else than JSON', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['with an endless answer', (response) => sendWithoutEnd(response)],
    ['by closing the connection', (response) => void response.destroy()],
    ['by not answering', () => {}],
  ]
  for (const [what, answer] of answers) {
    test(`${what} at its discovery document`, async () => {
      idp.behave({ answer: { path: discoveryPath, with: answer } })
      assert.equal((await refusalOf(aClient({ request: 0.3, finish: 1 }).startUrl(aFlow())))[0], 'idp-away')
    })
    for (const path of ['/token', '/jwks'])
      test(`${what} at ${path}`, async () => {
        const client = aClient({ request: 0.3, finish: 1 })
        assert.equal((await refusalOf(signIn({ answer: { path, with: answer } }, aFlow(), client)))[0], 'idp-away')
      })
  }

  test('a discovery document of another issuer is not used', async () => {
    idp.behave({ discovery: (document) => ({ ...document, issuer: 'http://127.0.0.1:1' }) })
    assert.equal((await refusalOf(aClient().startUrl(aFlow())))[0], 'idp-away')
  })

  test('a member of its discovery document that is longer than any is not kept', async () => {
    for (const member of ['authorization_endpoint', 'token_endpoint'] as const) {
      const discovery = (document: Record<string, unknown>) => ({ ...document, [member]: `${idp.issuer}/${'x'.repeat(5000)}` })
      assert.equal((await refusalOf(signIn({ discovery })))[0], 'idp-away', member)
    }
  })

  test('endpoints without TLS on another host are not called', async () => {
    const discovery = (document: Record<string, unknown>) => ({ ...document, token_endpoint: 'http://idp.example/token' })
    assert.equal((await refusalOf(signIn({ discovery })))[0], 'idp-away')
  })

  test('a hundred starts while it is down are one request', async () => {
    idp.behave({ answer: { path: discoveryPath, with: (response) => void response.writeHead(503).end() } })
    const client = aClient()
    const before = idp.requests.get(discoveryPath) ?? 0
    await Promise.all(Array.from({ length: 100 }, () => refusalOf(client.startUrl(aFlow()))))
    for (let start = 0; start < 100; start++) await refusalOf(client.startUrl(aFlow()))
    assert.equal(idp.requests.get(discoveryPath), before + 1)
  })

  test('keys beyond the hundredth are not kept, nor what is no key or larger than any', async () => {
    const large = { kty: 'RSA', kid: 'large', alg: 'RS256', e: 'AQAB', n: 'x'.repeat(5000) }
    const others = [...Array.from({ length: 97 }, (_, number) => ({ kty: 'EC', kid: `${number}` })), 'no key', large]
    assert.equal((await signIn({ keys: (own) => [...others, { ...own, x5c: ['x'.repeat(5000)] }] })).subject, 'mia')
    assert.equal((await refusalOf(signIn({ keys: (own) => [...others, null, own] })))[0], 'sign-in-invalid')
    assert.equal((await refusalOf(signIn({ keys: (own) => [{ ...own, n: 'x'.repeat(5000) }] })))[0], 'sign-in-invalid')
  })

  test('a name that cannot be resolved now, because there are too many, is no failure of it', async () => {
    idp.behave()
    let isBusy = true
    const fetch = createCheckedFetch(createOutboundRules({ privateAddresses: ['127.0.0.0/8'] }))
    const client = aClient(undefined, (url, init) => (isBusy ? Promise.reject(new FetchBusyError('busy')) : fetch(url, init)))
    assert.deepEqual(await refusalOf(client.startUrl(aFlow())), ['idp-away', 'idp-busy'])
    isBusy = false
    assert.equal((await client.startUrl(aFlow())).origin, idp.issuer)
  })

  test('sign-ins that wait for it are bounded', async () => {
    const client = aClient({ request: 0.5, finish: 1 })
    idp.behave({ answer: { path: '/token', with: () => {} } })
    const flow = aFlow()
    const { search } = await idp.visit(await client.startUrl(flow))
    const reasons = (await Promise.all(Array.from({ length: 60 }, () => refusalOf(client.finish(search, flow))))).map(
      ([, reason]) => reason,
    )
    assert.equal(reasons.filter((reason) => reason === 'idp-busy').length, 10)
    idp.behave()
    assert.equal((await signIn({}, aFlow(), client)).subject, 'mia')
  })
})

function sendWithoutEnd(response: import('node:http').ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = '[1,'.repeat(20_000)
  const more = (): void => {
    if (!response.destroyed && response.write(chunk)) setImmediate(more)
    else response.once('drain', more)
  }
  more()
}
