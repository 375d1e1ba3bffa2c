// In any order of actions by owner, operator and clock, a thief with only tokens gets no secret and changes nothing, the owner
// keeps a working secret unless the operator revokes it, and what has ended stays ended.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBasic } from '@countersign/protocol'
import { startTestServer, tokenRequest } from './test-server.fixture.ts'
import { attempts, lookAt, ownAttempts, ownPath, realm, stealFromOperators } from './secret-takeover.fixture.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]
type Which = 'newest' | 'oldest'
const which = fc.constantFrom<Which>('newest', 'oldest')

const ownerDoing = fc.constantFrom('start', 'confirm', 'cancel', 'use')
const often = { start: 6, enable: 3, confirm: 2 }
const seldom = ['force', 'cancel', 'revoke', 'narrow', 'widen', 'disable', 'recreate'].map((does) => ({
  arbitrary: fc.constant(does),
  weight: 1,
}))
const operatorDoing = fc.oneof(...Object.entries(often).map(([does, weight]) => ({ arbitrary: fc.constant(does), weight })), ...seldom)
/** Half of the thief's attempts are at the client's own path. */
const attempt = fc.oneof(fc.nat(attempts.length - 1), fc.constantFrom(...ownAttempts))
const passing = fc.constantFrom(second, minute, 6 * minute, hour, 3 * day, 8 * day)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ by: fc.constant('owner'), does: ownerDoing, with: which }) },
  { weight: 5, arbitrary: fc.record({ by: fc.constant('operator'), does: operatorDoing, with: which, handsOver: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ by: fc.constant('steal'), scope: fc.constantFrom('', 'profile', 'orders:read') }) },
  {
    weight: 4,
    arbitrary: fc.record({ by: fc.constant('thief'), token: fc.nat(9), attempts: fc.array(attempt, { minLength: 3, maxLength: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ by: fc.constant('time'), passes: passing }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const server = await startTestServer()
const { admin, requestAdmin, request, requestToken, clock, upkeep } = server
/** A step takes ten times as long on a database server. */
const isEmbedded = server.configuration.store.startsWith('sqlite')
let runs = 0

/** A new client for each run, with the secrets of its owner and the tokens of the thief. */
async function aWorld() {
  const slug = `run-${++runs}`
  const { clientId, clientSecret } = await server.aClient(realm, { slug, clientId: slug, scopes: ['profile', 'orders:read'] })
  const world = {
    slug,
    clientId,
    params: { realm, client: clientId },
    /** All secrets that the owner has ever stored, newest first. */
    owned: [clientSecret],
    everySecret: new Set([clientSecret]),
    stolen: await stealFromOperators(server),
    scopes: ['profile', 'orders:read'],
    ended: new Set<string>(),
    look: () => lookAt(server, clientId),
    /** The owner's valid secrets, newest first; none if the client is disabled. */
    good: async () => {
      const { client, secrets } = await world.look()
      return client['enabled'] === 1 ? secrets.flatMap(({ last_four }) => world.owned.filter((secret) => secret.endsWith(last_four))) : []
    },
    keep: (secret: string, isOwners: boolean) => {
      world.everySecret.add(secret)
      if (isOwners) world.owned.unshift(secret)
    },
  }
  return world
}
type World = Awaited<ReturnType<typeof aWorld>>

async function change(world: World, secret: string, method: 'POST' | 'DELETE', url: string) {
  const response = await request({
    method,
    url,
    headers: { authorization: formatBasic({ clientId: world.clientId, clientSecret: secret }) },
  })
  await upkeep.writeUsage()
  return response
}

async function ownerDoes(world: World, does: string, chosen: Which): Promise<void> {
  const good = await world.good()
  const secret = chosen === 'newest' ? good[0] : good.at(-1)
  if (secret === undefined) return
  if (does === 'use') {
    const response = await requestToken(realm, tokenRequest({ clientId: world.clientId, clientSecret: secret }))
    assert.equal(response.statusCode, 200)
    await upkeep.writeUsage()
    const granted = response.json<{ access_token: string; scope: string }>()
    assert.ok(
      granted.scope.split(' ').every((scope) => world.scopes.includes(scope)),
      'a scope that was taken away came back',
    )
    world.stolen.push(granted.access_token) // The thief sees every token in transit.
    return
  }
  const response =
    does === 'start'
      ? await change(world, secret, 'POST', ownPath)
      : does === 'confirm'
        ? await change(world, secret, 'POST', `${ownPath}/confirm`)
        : await change(world, secret, 'DELETE', ownPath)
  assert.ok([200, 201, 409, 429].includes(response.statusCode), response.body)
  if (response.statusCode === 201) world.keep(response.json().clientSecret, true)
}

async function operatorDoes(world: World, does: string, chosen: Which, handsOver: boolean): Promise<void> {
  const { params, clientId, slug } = world
  if (does === 'start') {
    const response = await requestAdmin('rotation.start', { params, body: {} })
    if (response.statusCode === 201) world.keep(response.json().clientSecret, handsOver)
  } else if (does === 'confirm') await requestAdmin('rotation.confirm', { params, body: {} })
  else if (does === 'force') await requestAdmin('rotation.confirm', { params, body: { force: true, reason: 'now' } })
  else if (does === 'cancel') await requestAdmin('rotation.cancel', { params })
  else if (does === 'revoke') {
    const { secrets } = await world.look()
    const secret = (chosen === 'newest' ? secrets[0] : secrets.at(-1))?.id
    if (secret !== undefined) await admin('secrets.revoke', { params: { ...params, secret }, body: { reason: 'leaked' } })
  } else if (does === 'recreate') {
    await admin('clients.delete', { params })
    world.scopes = ['profile']
    const body = { organization: slug, name: slug, clientId, scopes: world.scopes }
    world.keep((await admin('clients.create', { params: { realm }, body })).clientSecret!, true)
  } else if (does === 'narrow' || does === 'widen') {
    world.scopes = does === 'narrow' ? ['profile'] : ['profile', 'orders:read']
    await admin('clients.update', { params, body: { scopes: world.scopes } })
  } else await admin('clients.update', { params, body: { enabled: does === 'enable' } })
}

async function steal(world: World, scope: string): Promise<void> {
  const [secret] = await world.good()
  if (secret === undefined) return
  const form = { ...tokenRequest({ clientId: world.clientId, clientSecret: secret }), ...(scope !== '' && { scope }) }
  const response = await requestToken(realm, form)
  await upkeep.writeUsage()
  if (response.statusCode === 200) world.stolen.push(response.json().access_token)
}

/** The thief makes one attempt with one token. It may read, but neither get a secret nor change anything. */
async function thiefTries(world: World, token: string, attempt: number): Promise<void> {
  const before = await world.look()
  const { slug, clientId } = world
  const target = { slug, clientId, id: String(before.client['id']), secretIds: before.secrets.map(({ id }) => id) }
  const options = attempts[attempt]!(token, target)
  const response = await request(options)
  const what = `${options.method} ${String(options.url)} answered ${response.statusCode}`
  if (options.method !== 'GET') assert.ok(response.statusCode >= 400, what)
  assert.doesNotMatch(response.body, /csk_/, what)
  assert.deepEqual(await world.look(), before, what)
}

async function take(world: World, one: Step): Promise<void> {
  if (one.by === 'owner') await ownerDoes(world, one.does, one.with)
  else if (one.by === 'operator') await operatorDoes(world, one.does, one.with, one.handsOver)
  else if (one.by === 'steal') await steal(world, one.scope)
  else if (one.by === 'time') clock.advance(one.passes)
  else for (const number of one.attempts) await thiefTries(world, world.stolen.at(-1 - (one.token % world.stolen.length))!, number)
}

async function checkStep(world: World, one: Step): Promise<void> {
  const before = await world.look()
  const goodBefore = await world.good()
  await take(world, one)
  const after = await world.look()
  const live = new Set(after.secrets.map(({ id }) => id))
  for (const { id } of before.secrets) if (!live.has(id)) world.ended.add(id)
  for (const id of live) assert.ok(!world.ended.has(id), 'a secret that had ended came back')
  const [newest, older] = before.secrets
  if (one.by === 'owner' && older && newest?.started_by === 'operator')
    assert.ok(live.has(newest.id), 'the owner has cancelled a rotation of the operator')
  // The end of the window takes the last secret if the operator did not hand over the new one.
  const isTakenByTime = one.by === 'time' && before.secrets.length > goodBefore.length
  if (one.by !== 'operator' && !isTakenByTime && goodBefore.length > 0)
    assert.ok((await world.good()).length > 0, 'the owner has lost the last secret')
}

/** Faults 1.4 and 1.5: a stolen token has only the scopes that its client has now, and is rejected if the client was replaced. */
async function checkStolen({ stolen, scopes, look }: World): Promise<void> {
  const { client } = await look()
  for (const token of stolen) {
    const { iss, sub } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { iss: string; sub: string }
    if (!iss.endsWith(`/realms/${realm}`)) continue
    const me = await request({ url: `/realms/${realm}/v1/me`, headers: { authorization: `Bearer ${token}` } })
    if (me.statusCode !== 200) continue
    assert.equal(sub, client['id'], 'a token of a deleted client is accepted for another one')
    const left = me.json<{ token: { scope: string } }>().token.scope.split(' ')
    assert.ok(
      left.every((scope) => scope === '' || scopes.includes(scope)),
      'a stolen token has a scope that was taken away',
    )
  }
}

async function checkEnd(world: World): Promise<void> {
  const { secrets } = await world.look()
  const isLive = (secret: string) => secrets.some(({ last_four }) => secret.endsWith(last_four))
  for (const secret of [...world.everySecret].filter((one) => !isLive(one))) {
    assert.equal((await change(world, secret, 'POST', ownPath)).statusCode, 401)
    assert.equal((await requestToken(realm, tokenRequest({ clientId: world.clientId, clientSecret: secret }))).statusCode, 401)
  }
  await checkStolen(world)
  // The thief has used up none of the owner's rate limit.
  clock.advance(hour)
  const [good, ...more] = await world.good()
  if (good !== undefined && more.length === 0 && (await world.look()).secrets.length === 1)
    assert.equal((await change(world, good, 'POST', ownPath)).statusCode, 201)
}

test('fault 1.1: no token takes over a client, in any order of events', async () => {
  const steps = fc.array(step, { minLength: 40, maxLength: 80, size: 'max' })
  const property = fc.asyncProperty(steps, async (taken) => {
    const world = await aWorld()
    for (const one of taken) await checkStep(world, one)
    await checkEnd(world)
  })
  await fc.assert(property, { numRuns: isEmbedded ? 12 : 3 })
})

test('fault 1.1: every attempt of a thief fails in every state of a rotation', async () => {
  for (const state of ['stable', 'issued', 'overlapping'] as const) {
    const world = await aWorld()
    if (state !== 'stable') await ownerDoes(world, 'start', 'newest')
    if (state === 'overlapping') await ownerDoes(world, 'use', 'newest')
    clock.advance(2 * hour) // The old secret is unused: only the missing proof prevents it.
    world.stolen.push(...(await stealFromOperators(server)))
    for (const scope of ['', 'profile']) await steal(world, scope)
    for (const token of world.stolen.slice(-5)) for (const attempt of attempts.keys()) await thiefTries(world, token, attempt)
  }
})
