// countersign gateway as a process, beside a demo.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand, startCommand } from './process.fixture.ts'

const demo = await startTestDemo()
const { operator, serverUrl, systems } = demo
const env = { COUNTERSIGN_SERVER: serverUrl, COUNTERSIGN_CLIENT_ID: operator.clientId, COUNTERSIGN_CLIENT_SECRET: operator.clientSecret }
const scope = 'entitlements:read decisions:write'
const create = ['client', 'create', '--realm', 'nt24-idp', '--organization', 'provider', '--client-id', 'orders-gateway', '--scope', scope]
const created = await callCommand([...create, '--json'], env)
const { clientSecret } = JSON.parse(created.stdout) as { clientSecret: string }

const folder = aFolder()
const port = await findFreePorts()
const file = join(folder, 'gateway.yaml')
writeFileSync(join(folder, 'secret'), `${clientSecret}\n`, { mode: 0o600 })

function writeRoutes(...routes: string[]): void {
  writeFileSync(
    file,
    `
listen: 127.0.0.1:${port}
healthListen: 127.0.0.1:${port + 1}
trustedProxies: [127.0.0.1]
issuer: ${systems['novatrade24']!.issuer}
realm: nt24-idp
tokenProfile: keycloak
audience: nt24-integration-api
api: orders
credentials: { clientId: orders-gateway, clientSecret: 'file:secret' }
routes: [${routes.join(', ')}]
`,
  )
}
const partnerRoute = "{ path: '/v1/partners/{sellerId}/**', methods: [GET], requires: { partner: sellerId } }"
const meRoute = '{ path: /v1/me, methods: [GET], requires: {} }'
writeRoutes(partnerRoute)

test('gateway --check prints the table as it is enforced, and asks nobody', async () => {
  const { exitCode, stdout, stderr } = await callCommand(['gateway', '--config', file, '--check'])
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /METHODS +PATH +REQUIRES\nGET HEAD +\/v1\/partners\/\{sellerId\}\/\*\* +a valid token, partner \{sellerId\}/)
  assert.match(stderr, /Everything else is denied/)
  const json = await callCommand(['gateway', '--config', file, '--check', '--json'])
  assert.deepEqual(JSON.parse(json.stdout), {
    routes: [{ methods: ['GET', 'HEAD'], path: '/v1/partners/{sellerId}/**', requires: { partner: { param: 'sellerId' } } }],
    notes: [],
  })
})

test('gateway --check says in words what each route requires, and which methods are hidden', async () => {
  const requires = "{ scope: [a, b], requestor: { permission: p }, dpa: 'any', organization: 'any', reportOnly: { until: '2026-01-02' } }"
  const whole = join(folder, 'whole.yaml')
  const routes = [
    partnerRoute,
    `{ path: '/v1/partners/{sellerId}/x', methods: [POST], requires: ${requires} }`,
    '{ path: /docs, methods: [GET], public: true }',
  ]
  writeFileSync(
    whole,
    readFileSync(file, 'utf8').replace(/routes: .*/, () => `routes: [${routes.join(', ')}]\ncors: true`),
  )
  const { exitCode, stdout, stderr } = await callCommand(['gateway', '--config', whole, '--check'])
  assert.equal(exitCode, 0, stderr)
  assert.match(
    stdout,
    /a valid token, scope a, scope b, a requestor with p, whatever agreement, also of a suspended organization, only reported until 2026-01-02$/m,
  )
  assert.match(stdout, /\/docs +nothing: public/)
  assert.match(
    stderr,
    /GET \/v1\/partners\/\{sellerId\}\/x is denied, although .* has it: the more exact path decides alone\.\nEverything else is denied\. Preflight/,
  )
})

const mistakes: Record<string, readonly [change: (text: string) => string, message: RegExp]> = {
  'a misspelt member': [(text) => text.replace('requires', 'require'), /routes\.0\.require: expected no such setting/],
  'a secret file that does not exist': [(text) => text.replace('file:secret', 'file:nothing'), /credentials\.clientSecret: .*no such file/],
  'a profile whose tokens have no audience': [(text) => text.replace('keycloak', 'cognito'), /audience: expected no audience/],
}
for (const [what, [change, message]] of Object.entries(mistakes)) {
  test(`a gateway with ${what} does not start`, async () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, change(readFileSync(file, 'utf8')))
    const { exitCode, stderr } = await callCommand(['gateway', '--config', broken])
    assert.equal(exitCode, 8)
    assert.match(stderr, message)
  })
}

test('a gateway decides by the rights of now, is explained by the server, reloads on SIGHUP and stops on SIGTERM', async () => {
  const gateway = await startCommand('gateway --config gateway.yaml', 'Guarding', { cwd: folder })
  const token = (await callCommand(['token', 'get', 'novatrade24/acme'])).stdout.trim()
  const [partner = ''] = systems['novatrade24']!.clients['acme']!.partnerIds
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${port}/forward-auth`, {
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-method': 'GET', 'x-forwarded-uri': path },
    })

  const allowed = await ask(`/v1/partners/${partner}/orders`)
  assert.deepEqual([allowed.status, allowed.headers.get('x-auth-organization')], [200, 'acme'])
  assert.equal((await ask('/v1/me')).status, 403)

  await callCommand(['partner', 'withdraw', partner, '--organization', 'acme', '--realm', 'nt24-idp'], env)
  const refused = await eventually('the withdrawal is in force', async () => {
    const answer = await ask(`/v1/partners/${partner}/orders`)
    return answer.status === 403 ? answer : undefined
  })
  const requestId = refused!.headers.get('x-request-id')!
  await eventually('the refusal is at the server', async () =>
    /partners\.withdraw/.test((await callCommand(['explain', requestId], env)).stdout),
  )

  writeRoutes(partnerRoute, meRoute)
  gateway.send('SIGHUP')
  await eventually('the new route', async () => (await ask('/v1/me')).status === 200)
  const { exitCode, stderr } = await gateway.stop()
  assert.equal(exitCode, 0)
  assert.match(stderr, /the routes were loaded again/)
  assert.doesNotMatch(stderr, /eyJ/)
})
