// Signing in to the portal, and what ends a session of it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { browserWith, cookieOf, credentialsOf, postSession, refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aReader, confirmBy, portalSession, postPortalSession, realm, signInToPortal, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'

suite('a session in the portal', () => {
  const shared = shareTestServer(withPortal)
  const reason = 'a test'

  /** Twice: with two nodes, each answers once. */
  async function assertSignedOut(browser: Browser): Promise<void> {
    for (const _node of [1, 2]) assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
  }

  test('a client signs in by its realm, id and secret, and sees who it is', async () => {
    const server = shared()
    const { clientId, clientSecret, slug, organizationId } = await server.aClient(realm)
    const response = await postPortalSession(server, { realm, clientId, clientSecret })
    assert.equal(response.statusCode, 201, response.body)
    const { signedInAt, idleEndsAt, endsAt, confirmedUntil, secretId, ...who } = response.json()
    const { secrets } = await server.admin('rotation.get', { params: { realm, client: clientId } })
    assert.deepEqual(who, {
      kind: 'client',
      clientId,
      realm,
      realmName: realm,
      issuer: 'http://localhost:8080/realms/nt24-idp',
      tokenUrl: 'http://localhost:8080/realms/nt24-idp/protocol/openid-connect/token',
      organization: { id: organizationId, slug, name: slug },
      role: 'developer',
    })
    assert.equal(secretId, secrets[0]!.id)
    const minutesAfter = (instant: string) => (Date.parse(instant) - Date.parse(signedInAt)) / 60_000
    assert.deepEqual([idleEndsAt, endsAt, confirmedUntil].map(minutesAfter), [30, 600, 15])
    const again = await browserWith(server, cookieOf(response), '/portal').session()
    assert.deepEqual([again.statusCode, again.json()], [200, response.json()])
  })

  test('abuse 154: its cookie is of its own name, and is worth nothing at the console, nor that of the console here', async () => {
    const server = shared()
    const { clientId, clientSecret } = await server.aClient(realm, { operatorScopes: ['clients:read'] })
    const credentials = { realm, clientId, clientSecret }
    const ofPortal = await postPortalSession(server, credentials)
    const ofConsole = await postSession(server, credentials)
    const [cookie, ...attributes] = String(ofPortal.headers['set-cookie']).split('; ')
    assert.match(cookie!, /^countersign-portal=[A-Za-z0-9_-]{54}$/)
    assert.deepEqual(attributes, ['Path=/', 'HttpOnly', 'SameSite=Strict'])
    const valueOf = (response: typeof ofPortal) => cookieOf(response).split('=')[1]!
    for (const sent of [cookieOf(ofPortal), `countersign-console=${valueOf(ofPortal)}`]) {
      assert.deepEqual(refusalOf(await browserWith(server, sent).session()), [401, 'signed-out'])
      assert.equal((await browserWith(server, sent).call('clients.list', { params: { realm } })).statusCode, 401)
      assert.equal((await browserWith(server, sent).request({ url: `/admin/v1/realms/${realm}/clients` })).statusCode, 401)
    }
    for (const sent of [cookieOf(ofConsole), `countersign-portal=${valueOf(ofConsole)}`]) {
      assert.deepEqual(refusalOf(await browserWith(server, sent, '/portal').session()), [401, 'signed-out'])
      assert.equal((await browserWith(server, sent, '/portal').call('clients.list', { params: { realm } })).statusCode, 401)
    }
  })

  test('abuse 154: a page of another site can neither sign in nor read', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const elsewhere = { 'sec-fetch-site': 'cross-site' }
    const credentials = { realm, clientId: client.clientId, clientSecret: client.clientSecret }
    assert.deepEqual(refusalOf(await postPortalSession(server, credentials, elsewhere)), [403, 'cross-site-request'])
    for (const url of [portalSession, `/portal/api/v1/realms/${realm}/clients`, '/portal/events'])
      assert.deepEqual(refusalOf(await browser.request({ url, headers: elsewhere })), [403, 'cross-site-request'])
    assert.equal((await browser.request({ url: '/portal' })).headers['x-frame-options'], 'DENY')
  })

  test('a wrong secret, an unknown client, an unknown realm, an operator and a bad link get one answer', async () => {
    const server = shared()
    const { clientId, clientSecret } = await server.aClient(realm)
    const disabled = await server.aClient(realm, { enabled: false })
    const suspended = await server.aClient(realm)
    await server.admin('organizations.suspend', { params: { realm, organization: suspended.slug }, body: { reason } })
    const bodies = new Set<string>()
    for (const attempt of [
      { realm, clientId, clientSecret: clientSecret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) },
      { realm, clientId: 'unknown-to-all', clientSecret },
      { realm: 'no-such-realm', clientId, clientSecret },
      { realm: 'https://sso.example/realms/no-such-realm', clientId, clientSecret },
      { realm: 'prod', clientId, clientSecret },
      { realm: `https://sso.example/realms/prod`, clientId, clientSecret },
      { realm: 'operators', ...credentialsOf(server.operator) },
      { realm, clientId: disabled.clientId, clientSecret: disabled.clientSecret },
      { realm, clientId: suspended.clientId, clientSecret: suspended.clientSecret },
      { once: 'A'.repeat(43) },
    ]) {
      const response = await postPortalSession(server, attempt)
      const { instance, ...problem } = response.json()
      assert.deepEqual(
        [response.statusCode, response.headers['set-cookie'], response.headers['www-authenticate']],
        [401, undefined, 'Cookie realm="portal"'],
        String(instance),
      )
      bodies.add(JSON.stringify(problem))
    }
    assert.equal(bodies.size, 1)
    assert.doesNotMatch([...bodies].join(''), /audit log/, 'an integrator has none')
    const noRealm = { clientId, clientSecret }
    assert.deepEqual(refusalOf(await postPortalSession(server, noRealm)), [400, 'invalid-request'])
  })

  test('the realm is found by the issuer and by the token URL as well, which need not have its name', async () => {
    const server = shared()
    for (const name of [realm, 'prod']) {
      const { clientId, clientSecret } = await server.aClient(name)
      const { issuer, tokenUrl } = server.realms.get(name)!
      for (const written of [name, issuer, `${issuer}/`, tokenUrl, new URL(tokenUrl).pathname])
        assert.equal((await postPortalSession(server, { realm: written, clientId, clientSecret })).statusCode, 201, written)
    }
  })

  test('a client whose programs send the secret in a header signs in as well', async () => {
    const { browser } = await aReader(shared(), { authenticationMethods: ['client_secret_basic'] })
    assert.equal((await browser.session()).statusCode, 200)
  })

  test('abuse 149: neither the cookie nor the secret is in the store, in a log or in an audit event', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    await confirmBy(browser, client.clientSecret)
    const rows = await server.database.query('select * from sessions')
    const events = await server.database.query('select * from audit_events')
    for (const secret of [browser.cookie.split('=')[1]!, client.clientSecret])
      assert.ok(!JSON.stringify([rows, events, server.log]).includes(secret))
  })

  test('its beginning and its end are in the audit log, by the client and via the portal', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    assert.equal((await browser.request({ method: 'DELETE', url: portalSession })).statusCode, 204)
    await assertSignedOut(browser)
    const events = await server.database.query<Record<string, string>>(
      `select * from audit_events where client_id = ? and kind like 'session.%' order by kind`, // Two nodes may write them at one instant.
      client.clientId,
    )
    assert.deepEqual(
      events.map(({ kind, actor_kind, actor_id, actor_via }) => [kind, actor_kind, actor_id, actor_via]),
      ['session.end', 'session.start'].map((kind) => [kind, 'client', client.clientId, 'portal']),
    )
  })

  test('a right secret in a wrong realm is answered no sooner than a wrong secret', async () => {
    const server = shared()
    for (const wrong of ['no-such-realm', 'operators']) {
      const startedAt = performance.now()
      const response = await postPortalSession(server, { ...credentialsOf(server.operator), realm: wrong })
      assert.equal(response.statusCode, 401)
      assert.ok(performance.now() - startedAt >= 4.5, wrong) // A denial is sent at the earliest 5 ms after the store was asked.
    }
  })

  test('a refused sign-in is explained as one at the portal', async () => {
    const server = shared()
    const { clientId } = await server.aClient(realm)
    const { clientSecret } = await server.aClient(realm)
    const refused = await postPortalSession(server, { realm, clientId, clientSecret })
    await server.auditEvents()
    const explained = await server.admin('requests.explain', { params: { request: String(refused.headers['x-request-id']) } })
    assert.deepEqual([explained.request.source, explained.code], ['the portal', 'invalid-client'])
  })

  test('signing in is no use of the secret, by which a rotation is judged', async () => {
    const server = shared()
    const { params } = await aReader(server)
    const { secrets } = await server.admin('rotation.get', { params })
    assert.equal(secrets[0]!.lastUsedAt, null)
  })

  test('a disabled client, a suspended organization, cut tokens and a revoked secret end it at the next request', async () => {
    const server = shared()
    const ends = {
      disabled: ({ params }) => server.admin('clients.update', { params, body: { enabled: false } }),
      suspended: ({ client }) => server.admin('organizations.suspend', { params: { realm, organization: client.slug }, body: { reason } }),
      cut: ({ client }) => server.admin('organizations.cutTokens', { params: { realm, organization: client.slug }, body: { reason } }),
      deleted: ({ params }) => server.admin('clients.delete', { params }),
      revoked: async ({ params }) => {
        const { secrets } = await server.admin('rotation.get', { params })
        await server.admin('secrets.revoke', { params: { ...params, secret: secrets[0]!.id }, body: { reason, cutTokens: false } })
      },
    } satisfies Record<string, (reader: Awaited<ReturnType<typeof aReader>>) => Promise<unknown>>
    for (const [how, end] of Object.entries(ends)) {
      const reader = await aReader(server)
      assert.equal((await reader.browser.session()).statusCode, 200)
      await end(reader)
      await assertSignedOut(reader.browser)
      assert.equal((await reader.browser.call('clients.list', { params: { realm } })).statusCode, 401, how)
    }
  })

  test('a client that was created again does not get the session of its predecessor', async () => {
    const server = shared()
    const { client, browser, params } = await aReader(server)
    await server.admin('clients.delete', { params })
    await server.admin('clients.create', {
      params: { realm },
      body: { organization: client.slug, name: 'Again', clientId: client.clientId },
    })
    await assertSignedOut(browser)
  })
})

test('without the setting there is no portal', async () => {
  const server = await startTestServer({ nodes: 1 })
  assert.equal((await server.request({ url: '/portal' })).statusCode, 404)
  assert.equal((await server.request({ url: portalSession })).statusCode, 404)
})

test('with a URL of its own it answers at that host only, with the cookie that no other host can plant', async () => {
  const server = await startTestServer({
    settings: 'behindTlsProxy: true\npublicUrl: https://auth.example\nportal: { enabled: true, publicUrl: "https://partners.example" }',
    nodes: 1,
  })
  const client = await server.aClient(realm)
  const credentials = { realm, clientId: client.clientId, clientSecret: client.clientSecret }
  assert.equal((await postPortalSession(server, credentials, { host: 'auth.example' })).statusCode, 404)
  const response = await postPortalSession(server, credentials, { host: 'partners.example' })
  assert.equal(response.statusCode, 201, response.body)
  const [cookie, ...attributes] = String(response.headers['set-cookie']).split('; ')
  assert.match(cookie!, /^__Host-countersign-portal=/)
  assert.deepEqual(attributes, ['Path=/', 'HttpOnly', 'SameSite=Strict', 'Secure'])
})

test('abuse 159: guesses at the portal block the client at its address, at the console too', async () => {
  const server = await startTestServer({ ...withPortal, nodes: 1 })
  const client = await server.aClient(realm, { operatorScopes: ['clients:read'] })
  const { clientId, clientSecret } = client
  for (let attempt = 0; attempt < 10; attempt++) await postPortalSession(server, { realm, clientId, clientSecret: 'csk_guess' })
  const right = { realm, clientId, clientSecret }
  assert.deepEqual(refusalOf(await postPortalSession(server, right)), [429, 'authentication-blocked'])
  assert.deepEqual(refusalOf(await postSession(server, right)), [429, 'authentication-blocked'])
  server.clock.advance(301_000)
  assert.equal((await signInToPortal(server, client).then((browser) => browser.session())).statusCode, 200)
})
