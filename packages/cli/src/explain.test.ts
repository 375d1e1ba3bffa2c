// Every command that an explanation proposes is run as it is written, and then the same request would be allowed.
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { createTokenProvider } from '@countersign/client'
import { decisionChecks, type RefusalReport } from '@countersign/protocol'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand, runCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const { tokenUrl } = systems['novatrade24']!
const realm = 'nt24-idp'
const partner = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c41'
const requestor = '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d41'

async function run(args: string | readonly string[]) {
  const ended = await callCommand(args)
  assert.equal(ended.exitCode, 0, ended.stderr)
  return ended.stdout
}

/** The words of a line for a shell that has only plain and quoted words. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}

interface Explained {
  command: string | null
  changedBy: { kind: string; by: { id: string }; reason: string | null } | null
  unchanged: string | null
  now: { outcome: string; detail: string }
  failed: string
  code: string
}

/** The refusal of a token request is written a moment after its response. */
async function explain(id: string): Promise<Explained> {
  for (let attempt = 1; ; attempt++) {
    const { exitCode, stdout, stderr } = await callCommand(['explain', id, '--json'])
    if (exitCode === 0) return JSON.parse(stdout) as Explained
    assert.ok(exitCode === 5 && attempt < 500, stderr)
  }
}

const database = new DatabaseSync(join(process.env['COUNTERSIGN_HOME']!, 'demo', 'countersign.db'), { timeout: 5000 })
after(() => database.close())
const insert = database.prepare(
  `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, guard, api, method, route, organization_id, client_id)
   values (?, 'orders-guard', '${realm}', ?, 1, 'guard', ?, ?, '0badcafe', 'orders-api', 'GET', '/v1/partners/{sellerId}/orders', ?, ?)`,
)
let reports = 0

/** A refusal as a guard reports it. @returns its id */
function report({ code, ...told }: Refusal, failed: string, saw: string): string {
  const at = Date.now()
  const requestId = `${at.toString(16).padStart(12, '0')}-0badcafe-${(++reports).toString(16).padStart(8, '0')}`
  const end = decisionChecks.findIndex((check) => check === failed)
  const checks = decisionChecks.map((check, index) => ({
    check,
    result: index < end ? 'passed' : index > end ? 'not-reached' : 'failed',
    saw: index === end ? saw : null,
  }))
  const detail = JSON.stringify({ requires: {}, ...told, checks })
  insert.run(requestId, at, code, detail, foxglove.client.organization.id, foxglove.client.clientId)
  return requestId
}

const ofFoxglove = ['--realm', realm, '--organization', 'foxglove']
await run(['organization', 'create', '--realm', realm, '--slug', 'foxglove', '--name', 'Foxglove'])
const foxglove = JSON.parse(await run(['client', 'create', ...ofFoxglove, '--scope', 'profile orders:read', '--json']))

type Refusal = Pick<RefusalReport, 'code'> & Partial<Pick<RefusalReport, 'partnerId' | 'requestorId' | 'requires'>>

interface Case {
  /** Commands that make it so. */
  readonly before: readonly string[]
  readonly refusal: Refusal
  readonly failed: string
  readonly saw: string
  readonly kind: string | null
  readonly command: RegExp
}

const anyAgreement = { dpa: 'any' } as const
const cases: Record<string, Case> = {
  'agreement never accepted': {
    before: [],
    refusal: { code: 'dpa-missing' },
    failed: 'agreement',
    saw: 'none is accepted, 2026-01 is required',
    kind: null,
    command:
      /^countersign dpa accept 2026-01 --accepted-by 'Name of the signatory' --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'suspended organization': {
    before: ['organization suspend foxglove --realm nt24-idp --reason ticket-4711'],
    refusal: { code: 'organization-suspended' },
    failed: 'organization',
    saw: 'suspended',
    kind: 'organizations.suspend',
    command: /^countersign organization resume foxglove --realm nt24-idp --reason 'why'$/,
  },
  'scope that was taken away': {
    before: ['client update api-client-foxglove --realm nt24-idp --scope profile --reason ticket-4711'],
    refusal: { code: 'insufficient-scope', requires: { ...anyAgreement, scope: ['orders:read'] } },
    failed: 'scope',
    saw: 'orders:read is not among profile',
    kind: 'clients.update',
    command: /^countersign client update api-client-foxglove --scope 'profile orders:read' --realm nt24-idp --reason 'why'$/,
  },
  'partner that is not registered': {
    before: [],
    refusal: { code: 'partner-not-authorized', partnerId: partner, requires: { ...anyAgreement, partner: 'sellerId' } },
    failed: 'partner',
    saw: `${partner} is not a partner of the organization, which has none`,
    kind: null,
    command: /^countersign partner authorize 5f0c\S+ --name 'Name of the partner' --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'withdrawn partner': {
    before: [`partner withdraw ${partner} --realm nt24-idp --organization foxglove --reason ticket-4711`],
    refusal: { code: 'partner-not-authorized', partnerId: partner, requires: { ...anyAgreement, partner: 'sellerId' } },
    failed: 'partner',
    saw: `${partner} is not a partner of the organization, which has none`,
    kind: 'partners.withdraw',
    command: /^countersign partner authorize 5f0c\S+ --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'deleted partner': {
    before: [`partner delete ${partner} --realm nt24-idp --force --yes --reason ticket-4711`],
    refusal: { code: 'partner-not-authorized', partnerId: partner, requires: { ...anyAgreement, partner: 'sellerId' } },
    failed: 'partner',
    saw: `${partner} is not a partner of the organization, which has none`,
    kind: 'partners.delete',
    command: /--name 'Name of the partner'/,
  },
  capability: {
    before: ['capability set allowMarketplaceLedKyc false --realm nt24-idp --organization foxglove --reason ticket-4711'],
    refusal: { code: 'capability-missing', requires: { ...anyAgreement, capability: 'allowMarketplaceLedKyc' } },
    failed: 'capability',
    saw: 'allowMarketplaceLedKyc is false',
    kind: 'capabilities.set',
    command: /^countersign capability set allowMarketplaceLedKyc true --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'requestor that was deleted': {
    before: [
      `requestor create --realm nt24-idp --organization foxglove --id ${requestor} --reason ticket-4711`,
      `requestor delete ${requestor} --realm nt24-idp --organization foxglove --yes --reason ticket-4711`,
    ],
    refusal: { code: 'requestor-unknown', requestorId: requestor, requires: { ...anyAgreement, requestor: 'required' } },
    failed: 'requestor',
    saw: 'not a requestor of the organization, which has none',
    kind: 'requestors.delete',
    command: /^countersign requestor create --id 0b9c\S+ --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'permission of a requestor': {
    before: [`requestor update ${requestor} --realm nt24-idp --organization foxglove --permission payments:read --reason ticket-4711`],
    refusal: {
      code: 'requestor-not-permitted',
      requestorId: requestor,
      requires: { ...anyAgreement, requestor: { permission: 'payments:create' } },
    },
    failed: 'requestor',
    saw: 'lacks the permission payments:create',
    kind: 'requestors.update',
    command:
      /^countersign requestor update 0b9c\S+ --permission payments:read payments:create --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'rate of a tier': {
    before: ['capability set rateLimitTier trial --realm nt24-idp --organization foxglove --reason ticket-4711'],
    refusal: { code: 'rate-limited', requires: anyAgreement },
    failed: 'rate',
    saw: '5 requests in 10 s, the limit of the tier trial',
    kind: 'capabilities.set',
    command: /^countersign capability set rateLimitTier standard --organization foxglove --realm nt24-idp --reason 'why'$/,
  },
  'disabled client': {
    before: ['client disable api-client-foxglove --realm nt24-idp --reason ticket-4711'],
    refusal: { code: 'invalid-token', requires: anyAgreement },
    failed: 'standing',
    saw: 'client disabled',
    kind: 'clients.update',
    command: /^countersign client enable api-client-foxglove --realm nt24-idp --reason 'why'$/,
  },
}

for (const [what, { before, refusal, failed, saw, kind, command }] of Object.entries(cases)) {
  test(`${what}: explained by the change, and its command repairs it`, async () => {
    for (const line of before) await run(line)
    const id = report(refusal, failed, saw)
    const found = await explain(id)
    assert.deepEqual([found.code, found.failed, found.changedBy?.kind ?? null], [refusal.code, failed, kind])
    assert.equal(found.changedBy?.reason, kind === null ? undefined : 'ticket-4711')
    assert.equal(found.unchanged === null, kind !== null)
    assert.match(found.command ?? '', command)
    await run(wordsOf(found.command!).slice(1))
    assert.deepEqual((await explain(id)).now.outcome, 'allowed', found.now.detail)
    assert.equal((await explain(id)).command === null, failed !== 'rate')
  })
}

/** Requests a token. @returns the status and the request id */
async function requestToken(clientSecret: string) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'api-client-foxglove', client_secret: clientSecret })
  const response = await fetch(tokenUrl, { method: 'POST', body })
  await response.text()
  return { status: response.status, id: response.headers.get('x-request-id')! }
}

for (const [reason, line] of Object.entries({
  'client-disabled': 'client disable api-client-foxglove --realm nt24-idp --reason Unpaid',
  'service-account-off': 'client update api-client-foxglove --realm nt24-idp --service-account off --reason Unpaid',
  'organization-suspended': 'organization suspend foxglove --realm nt24-idp --reason Unpaid',
})) {
  test(`a token request that was refused for ${reason} succeeds after the command`, async () => {
    await run(line)
    const { status, id } = await requestToken(foxglove.clientSecret)
    assert.equal(status, 401)
    const { command, changedBy } = await explain(id)
    assert.equal(changedBy?.reason, 'Unpaid')
    await run(wordsOf(command!).slice(1))
    assert.equal((await requestToken(foxglove.clientSecret)).status, 200)
  })
}

test('for a wrong secret the partner is asked, and no command ends a secret during a rotation', async () => {
  const wrong = systems['novatrade24']!.clients['acme']!.clientSecret
  for (const command of [
    "secret rotate api-client-foxglove --realm nt24-idp --reason 'why'",
    'secret status api-client-foxglove --realm nt24-idp',
  ]) {
    const { id } = await requestToken(wrong)
    assert.equal((await explain(id)).command, null)
    const text = await run(['explain', id])
    assert.match(text, /\nNext: The integrator can fix it\. Ask the integrator which secret its program sends[^\n]+\n$/)
    assert.ok(text.endsWith(` countersign ${command}\n`), text)
    await run(wordsOf(command))
  }
})

test('the text has the verdict first, who changed it, the checks, and the command last', async () => {
  await run('organization suspend foxglove --realm nt24-idp --reason Unpaid')
  const id = report({ code: 'organization-suspended' }, 'organization', 'suspended')
  const lines = (await run(['explain', `urn:request:${id}`])).split('\n')
  assert.equal(lines[0], 'Refused. The organization "foxglove" was suspended.')
  assert.match(lines[2]!, /^Changed by: operator \S+ of the realm operators at \S+, organizations\.suspend$/)
  assert.equal(lines[3], '  reason: Unpaid')
  assert.ok(lines.includes('✗ organization  failed: suspended'))
  assert.ok(lines.includes('✓ expiry        passed'))
  assert.ok(lines.includes('– agreement     not reached'))
  assert.equal(lines.at(-2), "Next: countersign organization resume foxglove --realm nt24-idp --reason 'why'")
  await run('organization resume foxglove --realm nt24-idp')
})

test('a token is explained from a file and at a route, and neither token nor secret is taken from the command line', async () => {
  const { clientId, clientSecret } = systems['novatrade24']!.clients['acme']!
  const token = await createTokenProvider({ tokenUrl, clientId, clientSecret }).getToken()
  const file = join(aFolder(), 'token')
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  const text = await run(['explain', '--token-file', file])
  assert.match(text, new RegExp(`^The token is good: it is of the client "${clientId}"`))
  assert.ok(!text.includes(token.slice(-20)))
  chmodSync(file, 0o644)
  const open = await callCommand(['explain', '--token-file', file])
  assert.deepEqual([open.exitCode, open.stdout], [0, text])
  if (process.platform !== 'win32') assert.match(open.stderr, /^Warning: .+ \(mode 644\)\. Delete it when you are done/)
  const piped = await runCommand('explain --token-file - --json', { input: token })
  assert.equal(JSON.parse(piped.stdout).standing, 'good', piped.stderr)
  for (const secret of [token, `Bearer ${token}`, clientSecret]) {
    const { exitCode, stdout, stderr } = await callCommand(['explain', secret])
    assert.equal(exitCode, 2)
    assert.match(stderr, /not the id of a request\. Arguments are visible/)
    assert.ok(!(stdout + stderr).includes(secret.slice(-12)))
  }
})

const wrong: Record<string, [args: string[], exitCode: number, message: RegExp]> = {
  'an id of the API': [['req-8'], 5, /No refusal is kept .*"req-8"[^]*Next: An id such as "req-8" is made by the API itself/],
  nothing: [[], 2, /Nothing to explain is given\.\nNext: Pass the id of a request/],
  'an id with a slash': [['a/b'], 2, /This is not the id of a request/],
  'an id and a file': [['a', '--token-file', 'x'], 2, /Both a request id and --token-file are given/],
  'a route without a token': [['a', '--route', '/v1'], 2, /are about a token/],
  'a file that is missing': [['--token-file', 'missing'], 8, /missing/],
}
for (const [what, [args, code, message]] of Object.entries(wrong)) {
  test(`explain with ${what} fails and says what to do next`, async () => {
    const { exitCode, stderr } = await callCommand(['explain', ...args])
    assert.equal(exitCode, code, stderr)
    assert.match(stderr, message)
  })
}
