import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { ClientRecord, CredentialRecord } from '../cache/records.ts'
import { OAuthError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { assertionBy, createKeys, createTestReader, kind, method } from './assertion-method.fixture.ts'
import { checkCredentials, readCredentials, wasTakenAway } from './authenticate-client.ts'
import type { PresentedAssertion } from './client-assertions.ts'
import { authenticateRequest, type ClientRequestContext } from './client-request.ts'
import { verificationsOf } from './verifications.fixture.ts'

const now = 1_000_000
const realm = { name: 'prod' } as Realm
const pepper = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }
const keys = createKeys()

function aKey(credential: Partial<CredentialRecord> = {}): CredentialRecord {
  return { id: 'key-id', kind, material: keys.material, expiresAt: null, ...credential }
}

function aClient(client: Partial<ClientRecord> = {}): ClientRecord {
  const organization = { id: 'organization-id', status: 'active' }
  const acme = { id: 'internal-id', clientId: 'acme', organization, enabled: true, serviceAccountEnabled: true, secrets: [] }
  return { ...acme, authenticationMethods: [method], otherCredentials: [aKey()], ...client } as unknown as ClientRecord
}

function check(client: ClientRecord | undefined, key = keys.privateKey) {
  const context = { realm, assertionReaders: [() => undefined, createTestReader()] }
  const presented = readCredentials(undefined, assertionBy(key, 'acme', 'a'), context, now)
  return checkCredentials(client, pepper, presented, now)
}

function reasonOf(verdict: ReturnType<typeof check>) {
  return 'failure' in verdict ? verdict.failure : undefined
}

test('the credential that made an assertion is found among those of its kind', () => {
  const others = [aKey({ id: 'other', material: createKeys().material }), aKey({ kind: 'a_third_kind' as never, id: 'third' }), aKey()]
  assert.deepEqual(check(aClient({ otherCredentials: others })), {
    client: aClient({ otherCredentials: others }),
    credential: { id: 'key-id', kind },
  })
})

for (const [what, reason, client] of [
  ['a client without credentials', 'wrong-assertion', aClient({ otherCredentials: [] })],
  [
    'the same key as a credential of another kind',
    'wrong-assertion',
    aClient({ otherCredentials: [aKey({ kind: 'a_third_kind' as never })] }),
  ],
  ['a key that ended this instant', 'expired-credential', aClient({ otherCredentials: [aKey({ expiresAt: now })] })],
  ['a client without the method', 'method-not-registered', aClient({ authenticationMethods: ['client_secret_post'] })],
  ['a disabled client', 'client-disabled', aClient({ enabled: false })],
] as const) {
  test(`an assertion for ${what}: ${reason}`, () => {
    assert.equal(reasonOf(check(client)), reason)
  })
}

test('abuse 037: an assertion costs the same for an unknown client, a client without keys, and a wrong key', (t) => {
  const stranger = createKeys().privateKey
  assert.deepEqual(
    [undefined, aClient({ otherCredentials: undefined as never }), aClient()].map((client) =>
      verificationsOf(t, () => check(client, stranger)),
    ),
    [1, 1, 1],
  )
})

test('a credential that was removed, or that has ended meanwhile, was taken away', () => {
  const authenticated = { client: aClient(), credential: { id: 'key-id', kind } }
  assert.equal(wasTakenAway(aClient(), authenticated, now), undefined)
  assert.equal(wasTakenAway(aClient({ otherCredentials: [] }), authenticated, now), 'wrong-assertion')
  assert.equal(wasTakenAway(aClient({ otherCredentials: [aKey({ expiresAt: now })] }), authenticated, now), 'expired-credential')
})

test('a request that is authenticated again uses its assertion once; another request may not use it', async () => {
  const uses: string[] = []
  const used = new Set<string>()
  const reader = createTestReader()
  const context = contextWith((form, ...rest) => {
    const assertion = reader(form, ...rest) as PresentedAssertion
    return {
      ...assertion,
      // A memory that other nodes share answers later.
      use: async ({ clientId }) => {
        uses.push(clientId)
        return !used.has(clientId) && used.add(clientId) !== undefined
      },
    }
  })
  const form = assertionBy(keys.privateKey, 'acme', 'a')
  const request = aRequest()
  for (let attempt = 1; attempt <= 5; attempt++) await authenticateRequest(context, request, form)
  assert.deepEqual(uses, ['acme'])
  await assert.rejects(authenticateRequest(context, aRequest(), form), (error: OAuthError) => error.reason === 'repeated-assertion')
})

test('a repeated assertion counts as a failure of the address, and not as a use of the credential', async () => {
  const events: string[] = []
  const context = contextWith(createTestReader(), events)
  const form = assertionBy(keys.privateKey, 'acme', 'a')
  await authenticateRequest(context, aRequest(), form)
  await assert.rejects(authenticateRequest(context, aRequest(), form), { code: 'invalid-client' })
  assert.deepEqual(events, ['use', 'failure'])
})

function aRequest(): FastifyRequest {
  return { headers: {}, raw: { url: '/token', rawHeaders: [] } } as unknown as FastifyRequest
}

function contextWith(reader: ClientRequestContext['assertionReaders'][number], events: string[] = []): ClientRequestContext {
  return {
    realm,
    pepper,
    clock: () => now,
    addressOf: () => '203.0.113.9',
    cache: { findClient: () => aClient() },
    usage: { note: () => void events.push('use') },
    protection: { admit() {}, refuseBlocked() {}, recordFailure: () => void events.push('failure') },
    assertionReaders: [reader],
  } as unknown as ClientRequestContext
}
