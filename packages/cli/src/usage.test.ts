import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCutOff, describeImpact } from './cut-offs.ts'
import { startTestDemo } from './demo.fixture.ts'
import { csvCell, describeUsage, drawGraph, usageAsCsv } from './describe-usage.ts'
import { howToSuspend } from './organization.ts'
import { callCommand } from './process.fixture.ts'

await startTestDemo()

const aUsage = {
  step: 'hour' as const,
  from: '2026-01-15T10:00:00.000Z',
  to: '2026-01-15T13:00:00.000Z',
  countedSince: '2026-01-15T11:00:00.000Z',
  total: 9,
  totals: { tokens: 7, calls: 2 },
  series: [
    { key: 'issued', label: 'issued', total: 8, points: [null, 0, 8] },
    { key: null, label: 'others', total: 1, points: [null, 1, 0] },
  ],
}

test('a table has the total, the last step and a graph of each line', () => {
  const text = describeUsage(aUsage, { realm: 'nt24-idp', client: 'api-client-acme' })
  assert.equal(
    text,
    `nt24-idp of "api-client-acme", 2026-01-15T10:00:00.000Z to 2026-01-15T13:00:00.000Z, by hour

OUTCOME  TOTAL  LAST STEP  COURSE
issued   8      8           ·█
others   1      0           █·

token requests  7
calls           2`,
  )
  assert.match(describeUsage(aUsage, { realm: 'prod', by: 'route' }), /\n\ncalls  2$/)
})

test('a graph is never wider than 48 characters', () => {
  assert.equal(drawGraph(Array.from({ length: 400 }, (_, index) => index)).length, 45)
})

test('a graph is narrower in a narrow terminal', () => {
  const route = 'GET /v1/partners/{sellerId}/orders/{orderId}/items'
  const points = Array.from({ length: 48 }, () => 1)
  const usage = { ...aUsage, series: [{ key: route, label: route, total: 48, points }] }
  const widest = (columns: number) =>
    Math.max(
      ...describeUsage(usage, { realm: 'prod', by: 'route' }, columns)
        .split('\n')
        .slice(2, 4)
        .map((line) => line.length),
    )
  assert.ok(widest(100) <= 100)
  assert.equal(widest(Infinity), 50 + 2 + 5 + 2 + 9 + 2 + 48)
})

test('CSV has a row for each known step, and no cell that a spreadsheet would run', () => {
  assert.equal(
    usageAsCsv(aUsage),
    `start,key,label,count
2026-01-15T11:00:00.000Z,issued,issued,0
2026-01-15T12:00:00.000Z,issued,issued,8
2026-01-15T11:00:00.000Z,,others,1
2026-01-15T12:00:00.000Z,,others,0`,
  )
  assert.deepEqual(['=1+1', '+1', '-1', '@a', 'a,b', 'a"b'].map(csvCell), [`'=1+1`, `'+1`, `'-1`, `'@a`, '"a,b"', '"a""b"'])
})

test('usage without numbers says what was looked for and the next step', async () => {
  const { exitCode, stdout } = await callCommand(
    'usage --realm nt24-idp --client api-client-acme --by route --from 2026-01-01 --to 2026-01-02',
  )
  assert.equal(exitCode, 0)
  assert.match(
    stdout,
    /^None: nothing was counted in "nt24-idp" of "api-client-acme" from .+\nNext: .+"countersign guard list --realm nt24-idp"/,
  )
})

test('an unknown value lists the known ones', async () => {
  const { exitCode, stderr } = await callCommand('usage --realm nt24-idp --by colour')
  assert.equal(exitCode, 2)
  assert.match(stderr, /outcome, credential, client, route, organization/)
  assert.match((await callCommand('usage --realm nt24-idp --since soon')).stderr, /"30m", "2h", "7d"/)
})

test('usage --json prints the document of the admin API', async () => {
  const { stdout } = await callCommand('usage --realm nt24-idp --since 7d --step day --json')
  const { step, series } = JSON.parse(stdout)
  assert.deepEqual([step, Array.isArray(series)], ['day', true])
})

test('uses of secrets of a client that has none say so', async () => {
  const { exitCode } = await callCommand('client create --realm nt24-idp --organization acme --client-id never-used --name Unused')
  assert.equal(exitCode, 0)
  const { stdout } = await callCommand('secret uses never-used --realm nt24-idp')
  assert.match(
    stdout,
    /^None: no use of a credential in "nt24-idp" of "never-used" is known.+\nNext: countersign secret status never-used --realm nt24-idp$/m,
  )
})

test('usage and uses of secrets of a client that the realm does not have say so alike', async () => {
  for (const command of ['usage --realm nt24-idp --client nobody', 'secret uses nobody --realm nt24-idp']) {
    const { exitCode, stderr } = await callCommand(command)
    assert.equal(exitCode, 5)
    assert.match(stderr, /The realm "nt24-idp" has no client "nobody"\.\nNext: /)
  }
})

test('organization due says if there is nothing', async () => {
  const { exitCode, stdout } = await callCommand('organization due --realm prod')
  assert.equal(exitCode, 0)
  assert.match(stdout, /^None: .+suspended organizations are left out.+\nNext: /)
})

test('organization due has the evidence, from where, and the command that helps', () => {
  const text = describeCutOff({
    at: '2026-01-16T12:00:00.000Z',
    reason: 'window-ends',
    organization: 'acme',
    client: 'api-client-acme',
    evidence: 'The window of the rotation ends while the old secret …Ab3x is in use.',
    usedFrom: [{ address: '192.0.2.7', userAgent: 'old-job/1', lastAt: '2026-01-15T12:00:00.000Z', count: 3 }],
    command: 'countersign secret extend api-client-acme --realm nt24-idp --window 7d',
  })
  assert.equal(
    text,
    `2026-01-16T12:00:00.000Z  window-ends  api-client-acme (acme)
  The window of the rotation ends while the old secret …Ab3x is in use.
  Used from 192.0.2.7 by old-job/1, 3 times, last at 2026-01-15T12:00:00.000Z
  countersign secret extend api-client-acme --realm nt24-idp --window 7d`,
  )
})

test('suspend --dry-run shows the impact and changes nothing', async () => {
  const { exitCode, stdout } = await callCommand('organization suspend acme --realm nt24-idp --dry-run')
  assert.equal(exitCode, 0)
  assert.match(stdout, /^organization +Acme \(acme\), active$/m)
  assert.match(stdout, /^tokens issued +\d+ since /m)
  assert.match(stdout, /^partners +acts for 2: /m)
  assert.match(stdout, /Nothing was changed\. To suspend it: countersign organization suspend acme /)
  assert.match((await callCommand('organization show acme --realm nt24-idp')).stdout, /^status +active$/m)
  await callCommand('organization suspend acme --realm nt24-idp --reason Unpaid')
  const again = (await callCommand('organization suspend acme --realm nt24-idp --dry-run')).stdout
  await callCommand('organization resume acme --realm nt24-idp')
  assert.match(again, /^"acme" is already suspended\. Nothing was changed\.\n/)
  assert.ok(!again.includes('To suspend it'))
  assert.doesNotMatch(again, /guards would reject/)
  const unknown = await callCommand('organization suspend nobody --realm nt24-idp --dry-run')
  assert.equal(unknown.exitCode, 5)
})

test('suspend --dry-run says first that APIs would stop hearing of changes, and which clients are disabled', () => {
  const recent = { lastHour: 1, lastDay: 2 }
  const impact: Parameters<typeof describeImpact>[0] = {
    realm: 'prod',
    organization: { id: '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33', slug: 'provider', name: 'Provider', status: 'active' },
    since: { lastHour: '2026-01-15T10:00:00.000Z', lastDay: '2026-01-14T11:00:00.000Z' },
    tokens: recent,
    calls: recent,
    routes: [{ route: 'GET /v1/orders', ...recent }],
    lastUsedAt: null,
    tokensEndAt: '2026-01-15T12:00:00.000Z',
    guards: [
      { client: 'orders-api', api: 'orders', processes: 2, lastSeenAt: '2026-01-15T11:00:00.000Z' },
      { client: 'stock-api', api: null, processes: 0, lastSeenAt: null },
    ],
    clients: [{ client: 'old-api', enabled: false, tokens: recent, calls: recent, lastUsedAt: null }],
    clientsTotal: 3,
    usedFrom: [],
    partners: { total: 0, list: [] },
  }
  const text = describeImpact(impact)
  assert.match(
    text,
    /^CAREFUL: clients of "provider" are guards of APIs\. Suspended, these APIs hear of no changes any more .* 503 to every caller, 300 s /,
  )
  assert.match(
    text,
    /\n {2}orders \(orders-api\), processes: 2, last report 2026-01-15T11:00:00\.000Z\n {2}\(not named\) \(stock-api\), no report\n/,
  )
  assert.equal(
    howToSuspend(impact),
    "To suspend it, ALTHOUGH ITS CLIENTS ARE GUARDS OF APIs, which then answer 503 to every caller: countersign organization suspend provider --realm prod --reason 'why'",
  )
  assert.equal(
    howToSuspend({ ...impact, guards: [] }),
    "To suspend it: countersign organization suspend provider --realm prod --reason 'why'",
  )
  assert.match(text, /^old-api \(disabled\) /m)
  assert.match(text, /^ROUTE +CALLS SINCE 2026-01-15T10:00Z +SINCE 2026-01-14T11:00Z$/m)
  assert.match(text, /^tokens valid +until 2026-01-15T12:00:00\.000Z; guards would reject them at once$/m)
  const suspended = describeImpact({ ...impact, organization: { ...impact.organization, status: 'suspended' } })
  assert.match(suspended, /^CAREFUL: .* While it is suspended, these APIs hear of no changes /)
  assert.match(
    suspended,
    /^tokens valid +none: guards reject them; resumed, those from before would be good again until 2026-01-15T12:00:00\.000Z$/m,
  )
})
