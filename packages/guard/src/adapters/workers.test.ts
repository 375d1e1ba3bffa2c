// The guard in workerd, which is the runtime of Cloudflare workers, where requests do not share connections, timers and streams.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aGate } from '../remote.fixture.ts'
import { until } from '../report-server.fixture.ts'
import { anIssuerOverHttp, type IssuerOverHttp } from './issuer-over-http.fixture.ts'
import { runWorker, workerByFirstRequest, workerByModule } from './runtime-starts.fixture.ts'
import { skipWithoutRuntime } from './runtimes.fixture.ts'

const skip = skipWithoutRuntime('workerd')
function bearer(issuer: IssuerOverHttp): RequestInit {
  return { headers: { authorization: `Bearer ${issuer.token()}` } }
}

test('a guard can be made while the module of a worker is loaded, where there are no timers and no random numbers', { skip }, async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const { origin } = await runWorker(t, workerByModule, { ISSUER: issuer.issuer })
  assert.equal((await fetch(`${origin}/v1/me`, bearer(issuer))).status, 200)
  assert.equal((await fetch(`${origin}/v1/me`)).status, 401)
})

test('a denial in a worker is reported within seconds, although no other request comes', { skip }, async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const { origin } = await runWorker(t, workerByFirstRequest, { ISSUER: issuer.issuer })
  const denied = await fetch(`${origin}/v1/me`)
  await until(() => issuer.reports.length > 0)
  assert.equal(issuer.reports[0]!.refusals[0]?.requestId, denied.headers.get('x-request-id'))
})

test('twenty requests of a cold worker at once share what is fetched, and are all answered', { skip }, async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const { origin } = await runWorker(t, workerByFirstRequest, { ISSUER: issuer.issuer })
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`${origin}/v1/me`, bearer(issuer))).status))
  assert.deepEqual(new Set(statuses), new Set([200]))
  assert.ok(issuer.calls(`${issuer.issuer}/v1/changes`) < 20)
})

test('a caller that hangs up while the guard asks the server does not hold up the others', { skip }, async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const { origin } = await runWorker(t, workerByFirstRequest, { ISSUER: issuer.issuer })
  const { answerChanges } = issuer.realm
  const gate = aGate()
  issuer.answer(`${issuer.issuer}/v1/changes`, async (request) => {
    await gate.opened
    return answerChanges(request)
  })
  const hangUp = new AbortController()
  const hungUp = fetch(`${origin}/v1/me`, { ...bearer(issuer), signal: hangUp.signal })
  await until(() => issuer.calls(`${issuer.issuer}/v1/changes`) === 1)
  const others = Array.from({ length: 5 }, () => fetch(`${origin}/v1/me`, bearer(issuer)))
  hangUp.abort()
  await assert.rejects(hungUp)
  gate.open()
  for (const other of others) assert.equal((await other).status, 200)
  assert.equal((await fetch(`${origin}/v1/me`, bearer(issuer))).status, 200)
})

test('Hono in a worker makes its guard of the environment of the first request, and reports beside its responses', { skip }, async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const source = `import { Hono } from 'hono'
    import { countersignGuard } from '${import.meta.dirname}/hono.ts'
    import { createProgramGuard } from '${import.meta.dirname}/runtime-program.fixture.ts'
    const app = new Hono()
    const { guarded, open, closed, checkRoutes } = countersignGuard({ guard: (c) => createProgramGuard(c.env) })
    app.use(closed)
    app.get('/health', open, (c) => c.text('ok'))
    app.get('/v1/me', guarded({}), (c) => c.json(c.var.access.token.clientId))
    checkRoutes(app)
    export default app`
  const { origin } = await runWorker(t, source, { ISSUER: issuer.issuer })
  assert.equal(await (await fetch(`${origin}/v1/me`, bearer(issuer))).json(), 'api-client-acme')
  assert.equal((await fetch(`${origin}/health`)).status, 200)
  const denied = await fetch(`${origin}/v1/me`)
  assert.equal(denied.status, 401)
  await until(() =>
    issuer.reports.some(({ refusals }) => refusals.some(({ requestId }) => requestId === denied.headers.get('x-request-id'))),
  )
})
