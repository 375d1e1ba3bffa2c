import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test } from 'node:test'
import { ProblemError } from '../errors.ts'
import { makeChain } from '../../test/certificates.fixture.ts'
import { keyIdOf } from '../../test/signing-key-change.fixture.ts'
import { aRealm, keyStepsOf, requestsTo } from '../../test/signing-key-steps.fixture.ts'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { thumbprint } from '../keys/public-jwk.ts'
import { readCertificateChain } from '../keys/certificate-chain.ts'
import { backUpSqlite } from '../recovery/sqlite-files.ts'
import { createServer } from '../server.ts'
import { maxLiveKeys } from './stage-key.ts'

const day = 86_400_000
const lease = 300_000

suite('steps of signing keys', () => {
  const realmNames = Array.from({ length: 18 }, (_, number) => `realm-${number}`)
  const shared = shareTestServer({ realms: realmNames.map((name) => aRealm(name, ', signingAlgorithms: [EdDSA]')).join('') })

  /** A realm that no other test uses. */
  async function start({ leaseMs = 0 } = {}) {
    const server = shared()
    const realm = realmNames.pop()!
    const client = await server.aClient(realm, { scopes: ['read', 'entitlements:read'] })
    const tokenOf = () => server.tokenOf(realm, client)
    const token = await tokenOf()
    const steps = keyStepsOf(server, realm, { leaseMs })
    const [further] = (await steps.rows()).filter(({ algorithm }) => algorithm === 'EdDSA').map(({ kid }) => kid)
    const { publishedKeys, ...requests } = requestsTo(server, realm)
    /** Those of ES256. */
    const published = async () => (await publishedKeys()).filter((kid) => kid !== further)
    return {
      ...server,
      ...requests,
      server,
      realm,
      client,
      token,
      tokenOf,
      first: keyIdOf(token),
      further: further!,
      publishedKeys: published,
      steps,
    }
  }

  const conflict = (detail: RegExp) => (error: unknown) =>
    error instanceof ProblemError && error.code === 'conflict' && detail.test(error.details.detail ?? '')

  test('a key is staged, signs, is replaced, and ends when its last token has ended: its row stays without the private key', async () => {
    const { steps, first, token, clock, tokenOf, publishedKeys, me } = await start()
    const next = await steps.stage()
    assert.deepEqual(await publishedKeys(), [first, next].toSorted())
    assert.equal(keyIdOf(await tokenOf()), first)
    clock.advance(day)
    const last = await tokenOf()
    await steps.activate(next)
    assert.equal(keyIdOf(await tokenOf()), next)
    assert.deepEqual([await me(last), await publishedKeys()], [200, [first, next].toSorted()])
    const { retain_until: retainUntil } = await steps.row(first)
    assert.equal(retainUntil, clock.now() + 300_000 + 60_000)
    await assert.rejects(steps.retire(first), conflict(/may be valid until/))
    clock.advance(360_000)
    assert.equal(await steps.retire(first), 'retired')
    assert.deepEqual([(await steps.row(first)).wrapped_private_key, await publishedKeys()], ['', [next]])
    await assert.rejects(steps.retire(first), conflict(/is retired/))
    await assert.rejects(steps.activate(first), conflict(/only a staged key/))
    assert.equal(await me(token), 401)
  })

  test('abuse 197: a key that verifiers have not had time to read does not sign, unless in an emergency, and the error says from when', async () => {
    const { steps, clock } = await start({ leaseMs: lease })
    const staged = clock.now()
    const next = await steps.stage()
    const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')
    clock.advance(lease + 10_000 - 1)
    await assert.rejects(steps.activate(next, { emergency: true }), (error) => {
      assert.ok(error instanceof ProblemError)
      assert.equal(
        error.details.detail,
        `The signing key "${next}" may sign from ${instant(staged + lease + 10_000)} on: until then a server that has not read it yet may be serving, and would refuse its tokens.`,
      )
      return true
    })
    clock.advance(day)
    await assert.rejects(steps.activate(next), conflict(/may sign from .* on: verifiers have until then to read it .*1d/))
    clock.advance(1)
    await steps.activate(next)
  })

  test('abuse 197: in an emergency the key in reserve signs as soon as every node publishes it', async () => {
    const { steps, clock, tokenOf } = await start({ leaseMs: lease })
    const next = await steps.stage()
    clock.advance(lease + 10_000)
    await steps.activate(next, { emergency: true })
    assert.equal(keyIdOf(await tokenOf()), next)
  })

  test('abuse 135: tokens of a compromised key are refused at once, and the reserve signs the next one', async () => {
    const started = await start()
    const { steps, clock, first, token, me, tokenOf, publishedKeys, jwks, database, realm } = started
    const next = await steps.stage()
    clock.advance(1000)
    assert.equal(await me(token), 200)
    const { cursor } = await changesOf(started)
    assert.deepEqual(await steps.compromise(first, { reason: 'found in a backup' }), { replacedBy: next, signsFrom: null })
    assert.deepEqual([await me(token), await publishedKeys()], [401, [next]])
    assert.equal(keyIdOf(await tokenOf()), next)
    assert.equal((await steps.row(first)).wrapped_private_key, '')
    assert.ok(!JSON.stringify(await jwks()).includes(first))
    const { changes } = await changesOf(started, cursor)
    const common = { what: 'keys', organizationId: null, clientId: null }
    assert.deepEqual(
      changes!.filter(({ what }) => what === 'keys').toSorted((a, b) => Number('keyId' in a) - Number('keyId' in b)),
      [common, { ...common, keyId: first }],
    )
    const events = await database.query<{ kind: string; detail: string }>(
      `select kind, detail from audit_events where kind like 'signingKeys.%' and realm = ? order by id`,
      realm,
    )
    assert.deepEqual(
      events.map(({ kind, detail }) => [kind, JSON.parse(detail).keyId]),
      [
        ['signingKeys.stage', next],
        ['signingKeys.activate', next],
        ['signingKeys.compromise', first],
      ],
    )
    const { by: _, ...detail } = JSON.parse(events[2]!.detail) as Record<string, unknown>
    assert.deepEqual(detail, { keyId: first, algorithm: 'ES256', before: 'active', replacedBy: next, reason: 'found in a backup' })
    assert.ok(events.every((event) => !/PRIVATE|"d"/.test(event.detail)))
  })

  async function changesOf(
    { request, realm, tokenOf }: Pick<TestServer, 'request'> & { realm: string; tokenOf(): Promise<string> },
    after?: string,
  ) {
    const response = await request({
      url: `/${realm}/v1/changes${after === undefined ? '' : `?after=${after}`}`,
      headers: { authorization: `Bearer ${await tokenOf()}` },
    })
    return response.json<{ cursor: string; changes: { what: string; keyId?: string }[] | null }>()
  }

  for (const [what, leaseMs] of [
    ['of a single node signs at once', 0],
    ['of several nodes signs once all of them publish it; until then there are no tokens, and the JWKS has it', lease],
  ] as const)
    test(`after the compromise of the only key a new one ${what}`, async () => {
      const { steps, clock, first, client, requestToken, publishedKeys, realm } = await start({ leaseMs })
      const { replacedBy, signsFrom } = await steps.compromise(first)
      const [next] = await publishedKeys()
      assert.ok(next !== undefined && next !== first)
      assert.deepEqual([replacedBy, signsFrom], leaseMs === 0 ? [next, null] : [null, clock.now() + lease + 10_000])
      if (leaseMs === 0) return
      const refused = await requestToken(realm, tokenRequest(client))
      assert.equal(refused.statusCode, 503)
      assert.match(refused.json<{ error_description: string }>().error_description, /signing key of this realm was replaced/)
      assert.ok(Number(refused.headers['retry-after']) >= 1)
      await steps.compromise(first)
      clock.advance(lease + 10_000)
      await steps.activate(next, { emergency: true })
      assert.equal((await requestToken(realm, tokenRequest(client))).statusCode, 200)
    })

  test('abuse 203: a damaged key in reserve never signs: neither a rotation nor a compromise takes it', async () => {
    const { steps, clock, first, database, tokenOf, expectErrors } = await start()
    expectErrors()
    const damaged = await steps.stage()
    await database.query(`update signing_keys set wrapped_private_key = 'no' where kid = ?`, damaged)
    clock.advance(day)
    await assert.rejects(steps.activate(damaged), conflict(/cannot be opened.* It cannot sign/))
    assert.equal(keyIdOf(await tokenOf()), first)
    const { replacedBy } = await steps.compromise(first)
    assert.ok(replacedBy !== null && replacedBy !== damaged)
    assert.equal(keyIdOf(await tokenOf()), replacedBy)
  })

  test('a key in any state can be marked as compromised, and only once', async () => {
    const { steps, first, clock, database, publishedKeys, realm } = await start()
    const [next, unwanted] = [await steps.stage(), await steps.stage()]
    clock.advance(day)
    await steps.compromise(unwanted)
    await steps.activate(next)
    clock.advance(day)
    await steps.retire(first)
    await steps.compromise(first)
    await steps.compromise(first)
    assert.deepEqual(await publishedKeys(), [next])
    const events = await database.query(`select id from audit_events where kind = 'signingKeys.compromise' and realm = ?`, realm)
    assert.equal(events.length, 2)
  })

  test('abuse 199: the longest token of a client decides how long a key is published, also one that got it after the key was made', async () => {
    const { steps, first, clock, client, admin, realm } = await start({ leaseMs: lease })
    const next = await steps.stage()
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { accessTokenLifetime: 7200 } })
    clock.advance(day + lease + 10_000)
    await steps.activate(next)
    assert.equal((await steps.row(first)).retain_until, clock.now() + lease + 7_200_000 + 60_000)
    assert.equal((await steps.row(next)).longest_lifetime, 7200)
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { accessTokenLifetime: null } })
    assert.equal((await steps.row(await steps.stage())).longest_lifetime, 7200)
  })

  test('abuse 134: a key that the realm signs with is not retired, and one of an algorithm that it has no longer is', async () => {
    const { steps, first, further, server, realm } = await start()
    await assert.rejects(steps.retire(first), conflict(/signs with/))
    await assert.rejects(steps.retire(further), conflict(/signs with/))
    const later = keyStepsOf({ ...server, realms: new Map([[realm, { ...steps.realm, signingAlgorithms: [] }]]) }, realm)
    assert.equal(await later.retire(further), 'retiring')
  })

  test('a realm has a bounded number of keys, only of its algorithms, and unknown ids are not found', async () => {
    const { steps, database, realm } = await start()
    await assert.rejects(steps.stage('RS256'), (error) => error instanceof ProblemError && error.code === 'invalid-request')
    await assert.rejects(steps.retire('no-such-key'), (error) => error instanceof ProblemError && error.code === 'not-found')
    for (let number = 1; number < maxLiveKeys - 1; number++)
      await database.query(
        `insert into signing_keys (kid, realm, algorithm, state, wrapped_private_key, created_at) values (?, ?, 'ES256', 'staged', 'no', 1)`,
        `key-${number}`,
        realm,
      )
    await assert.rejects(steps.stage(), conflict(/as many as it can have/))
  })

  suite('an imported key', () => {
    let keys = 0
    function anImport() {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      const input = { privateKeyPem, kid: `keycloak-${++keys}`, algorithm: 'ES256', alreadyPublished: true } as const
      return { input, privateKey, publicKey }
    }

    test('abuse 142: that verifiers know signs once every node publishes it, by its id and with its certificates, and nothing private', async () => {
      const { steps, clock, tokenOf, jwks, me } = await start({ leaseMs: lease })
      const { input, privateKey, publicKey } = anImport()
      const chain = readCertificateChain(makeChain(privateKey).join(''), publicKey, Date.now())
      await steps.import({ ...input, certificates: chain })
      await assert.rejects(steps.activate(input.kid), conflict(/may sign from/))
      clock.advance(lease + 10_000)
      await steps.activate(input.kid)
      const token = await tokenOf()
      assert.deepEqual([keyIdOf(token), await me(token)], [input.kid, 200])
      const jwk = (await jwks()).keys.find(({ kid }) => kid === input.kid)!
      assert.deepEqual(Object.keys(jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'x5c', 'x5t', 'x5t#S256', 'y'])
      assert.deepEqual(jwk['x5c'], chain)
      assert.equal((await steps.row(input.kid)).thumbprint, thumbprint(publicKey))
    })

    test('that verifiers do not know waits as long as any other', async () => {
      const { steps, clock } = await start()
      const { input } = anImport()
      await steps.import({ ...input, alreadyPublished: false })
      clock.advance(day - 1)
      await assert.rejects(steps.activate(input.kid), conflict(/may sign from/))
    })

    test('abuse 136: an id is never used for another key, nor a key by another id, also after it ended', async () => {
      const { steps, first } = await start()
      const [{ input }, { input: another }] = [anImport(), anImport()]
      const { privateKeyPem: other } = another
      await steps.import(input)
      await steps.compromise(input.kid)
      await assert.rejects(steps.import({ ...input, privateKeyPem: other }), conflict(/already \(compromised\)/))
      await assert.rejects(steps.import({ ...input, kid: another.kid }), conflict(/this key, with the id "keycloak-/))
      await assert.rejects(steps.import({ ...input, privateKeyPem: other, kid: first }), conflict(/already \(active\)/))
    })

    test('abuse 203: certificates of another key in its row take the key out of use, and no other with it', async () => {
      const { steps, database, tokenOf, publishedKeys, first, expectErrors } = await start()
      expectErrors()
      const [{ input }, other] = [anImport(), anImport()]
      const chain = readCertificateChain(makeChain(other.privateKey).join(''), other.publicKey, Date.now())
      await steps.import(input)
      await database.query('update signing_keys set certificates = ? where kid = ?', JSON.stringify(chain), input.kid)
      await steps.stage() // Every node reads the keys again.
      assert.ok(!(await publishedKeys()).includes(input.kid))
      assert.equal(keyIdOf(await tokenOf()), first)
    })
  })

  test('abuse 199: a server whose tokens live longer than its keys know notes so before it serves', async (t) => {
    const { steps, first, database, configuration, folder, clock, realm } = await start()
    const isFile = configuration.store.startsWith('sqlite:')
    if (isFile) backUpSqlite(configuration.store, join(folder, 'copy.db'))
    const store = isFile ? `sqlite:${join(folder, 'copy.db')}` : configuration.store
    const longer = new Map([[realm, { ...steps.realm, accessTokenLifetime: 3600 }]])
    const again = await createServer({
      configuration: { ...configuration, store, realms: longer },
      clock: clock.now,
      logStream: { write: () => {} },
    })
    t.after(() => again.close())
    const opened = isFile ? new DatabaseSync(join(folder, 'copy.db')) : undefined
    const select = `select longest_lifetime from signing_keys where kid = '${first}'`
    const [row] = opened ? opened.prepare(select).all() : await database.query(select)
    opened?.close()
    assert.equal(Number(row!['longest_lifetime']), 3600)
  })
})
