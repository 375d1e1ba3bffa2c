// What the documents claim with a number or a name, against the code that keeps it. If one of the two changes, so must the other.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** Line breaks of a document count as spaces. */
const readText = (path: string) => read(path).replaceAll(/\s+/g, ' ')

/** The code below a folder, without tests. */
function textOf(folder: string): string {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(name))
  return files.map((name) => read(join(folder, name))).join('\n')
}

const guide = 'docs/operating.md'
const rotation = 'docs/rotation.md'
const server = 'packages/server/src'

const claims: [document: string, claim: string, file: string, code: string][] = [
  [guide, 'idle connections are kept for 75 s', `${server}/http/limited-server.ts`, 'keepAliveTimeout: 75_000'],
  [guide, 'less than the 75 s of Countersign', `${server}/http/limited-server.ts`, 'keepAliveTimeout: 75_000'],
  [guide, 'headers may take 10 s', `${server}/http/limited-server.ts`, 'headersTimeout: 10_000'],
  [guide, 'a request 15 s', `${server}/http/limited-server.ts`, 'requestTimeout: 15_000'],
  [guide, '20,000 connections at most', `${server}/http/limited-server.ts`, 'maxConnections = 20_000'],
  [guide, 'Every ten seconds a server seals', `${server}/audit/seals/seal-events.ts`, 'sealIntervalMs = 10_000'],
  [guide, 'have not changed for 2 s after a change', `${server}/http/certificate.ts`, 'lookIntervalMs = 2000'],
  [guide, "A node whose clock is more than 5 s away from its database's", `${server}/clock-verdict.ts`, 'toleratedDifferenceMs = 5000'],
  [guide, 'set back by more than 5 s', `${server}/clock.ts`, 'toleratedStepMs = 5000'],
  [guide, 'PostgreSQL must answer within 250 ms', `${server}/store/store.ts`, 'defaultRequestWaitsMs = 250'],
  [guide, 'PostgreSQL 14 or later', `${server}/store/postgres-faults.ts`, 'minVersion = 140_000'],
  [guide, '20 connections for the user and the database', `${server}/store/postgres-faults.ts`, 'connectionsOfNode = 20'],
  [guide, 'tries the refused login once a second at first, and every 30 seconds later', `${server}/store/login.ts`, 'maxPauseMs = 30_000'],
  [guide, '5 for token requests', `${server}/store/open-postgres.ts`, 'hotConnections = { poolSize: 5'],
  [guide, 'what is pending is written; 30 seconds at most', 'packages/cli/src/serve.ts', 'maxStopMs = 30_000'],
  [guide, '`exp` is at most 300 s ahead', `${server}/clients/assertion-rules.ts`, 'maxLifetimeSeconds: 300'],
  [guide, '`exp` may be an hour ahead', `${server}/clients/assertion-rules.ts`, 'maxLifetimeSeconds: 3600'],
  [guide, 'Clocks may differ by 60 s', `${server}/clients/assertion-rules.ts`, 'clockToleranceSeconds = 60'],
  [guide, '1,000 times in a burst and 100 times a second', `${server}/clients/assertion-rate.ts`, 'perSecond = 100\nconst burst = 1000'],
  [guide, '64 kB and 20 keys at most, within 5 s', `${server}/outbound/fetch-json.ts`, 'maxBytes = 65_536\nconst maxMilliseconds = 5000'],
  [guide, 'counts for up to five minutes', `${server}/clients/fetched-keys.ts`, 'freshMs = 300_000\nconst staleMs = 3_600_000'],
  [guide, 'five minutes after their end', `${server}/clients/used-assertions.ts`, 'keptMs = 300_000'],
  [rotation, 'any number up to ten', `${server}/clients/add-keys.ts`, 'maxKeys = 10'],
  [guide, 'expire within 14 days', `${server}/rotation/due-secrets.ts`, 'expiryNoticeMs = 14 * 86_400_000'],
  [guide, '`lease` | `5m`', `${server}/configuration/configuration.ts`, '.default(300)'],
  [guide, '`requestBodyLimit` | `2MB`', `${server}/configuration/configuration.ts`, '.default(2 * 1024 * 1024)'],
  [rotation, 'within 14 days', `${server}/rotation/due-secrets.ts`, 'expiryNoticeMs = 14 * 86_400_000'],
  [rotation, 'a day before its end', `${server}/rotation/due-secrets.ts`, 'windowNoticeMs = 86_400_000'],
  [rotation, 'the last fifth of a window of less than five days', `${server}/rotation/due-secrets.ts`, 'partOfWindow = 5'],
  [
    rotation,
    'Twenty starts, twenty cancels and 120 attempts to confirm an hour',
    `${server}/me/step-limit.ts`,
    'start: 20, cancel: 20, confirm: 120',
  ],
  [rotation, 'writes them every ten seconds', `${server}/rotation/secret-usage.ts`, 'usualIntervalMs = 10_000'],
  [rotation, 'during a rotation every second', `${server}/rotation/secret-usage.ts`, 'rotationIntervalMs = 1000'],
  [rotation, '`accessTokenLifetime` and a minute', `${server}/realms/realm-settings.ts`, 'quietMarginSeconds = 60'],
  [rotation, 'the cut reaches up to 1.5 s ahead', `${server}/token/token-cut.ts`, 'uncertaintyMs = 500'],
  ['ARCHITECTURE.md', 'after five attempts 503', `${server}/oauth/token-endpoint.ts`, 'maxAttempts = 5'],
  ['ARCHITECTURE.md', 'at the earliest 5 ms after that read began', `${server}/clients/authenticate-client.ts`, 'denialDelayMs = 5'],
  ['ARCHITECTURE.md', 'more than 100 become one for the realm', `${server}/change/changes-to-log.ts`, 'maxLoggedOfRealm = 100'],
  ['ARCHITECTURE.md', 'reads the change log each second', `${server}/cache/follow-changes.ts`, 'pullIntervalMs = 1000'],
]
for (const [document, claim, file, code] of claims) {
  test(`fault 8.9: "${claim}" in ${document} is what the code does`, () => {
    assert.ok(readText(document).includes(claim), `${document} does not say so any more: remove this line, or correct the document`)
    assert.ok(read(file).includes(code), `${file} does not have "${code}" any more: correct ${document}`)
  })
}

/** Where a default is set may change; the guide and the README of the guard name it. */
const promises: [claim: RegExp, documents: string[], folder: string, code: RegExp][] = [
  [/1\.5 s later/, [guide], `${server}/cache`, /pullIntervalMs = 1000\b/],
  [/`lease`, 5 minutes/, [guide], `${server}/configuration`, /lease: [^]{0,200}\.default\(300\)/],
  [/`entitlementSeconds`.{0,60}\b5\b/, [guide, 'packages/guard/README.md'], 'packages/guard/src', /\bentitlementSeconds = 5\b/],
  [/`staleIfErrorSeconds`.{0,100}\b300\b/, [guide, 'packages/guard/README.md'], 'packages/guard/src', /\bstaleIfErrorSeconds = 300\b/],
  // Both of the above, by default.
  [/within 6\.5 s by default where guards ask/, [guide], 'packages/guard/src', /\bentitlementSeconds = 5\b/],
]
for (const [claim, documents, folder, code] of promises) {
  test(`fault 8.1: how fast a change is in force: ${claim.source} is promised and kept`, () => {
    for (const document of documents) assert.match(readText(document), claim, document)
    assert.match(textOf(folder), code, folder)
  })
}

test('fault 8.1: no document promises that a change is in force at once everywhere', () => {
  for (const document of [guide, rotation, 'README.md', 'packages/guard/README.md'])
    assert.doesNotMatch(readText(document), /on the others within|without a waiting time|at once on every|immediately everywhere/, document)
})

test('fault 8.9: every metric in the guide exists', () => {
  const named = new Set([...read(guide).matchAll(/countersign_([a-z_]+)/g)].map(([, name = '']) => name))
  const monitoring = textOf(`${server}/monitoring`)
  const unknown = [...named].filter((name) => !monitoring.includes(`'${name}'`) && !monitoring.includes(`'countersign_${name}'`))
  assert.deepEqual(unknown, [])
})

test('the guide says what to do about each reason and each warning of /readyz', () => {
  const names = [...textOf(server).matchAll(/readiness\.(?:add|warn)\('([\w-]+)'/g)].map(([, name = '']) => name)
  const rows = new Set([...read(guide).matchAll(/^\| `([\w-]+)`.* \| \S.* \|$/gm)].map(([, name = '']) => name))
  assert.ok(names.length > 5)
  assert.deepEqual(
    names.filter((name) => !rows.has(name)),
    [],
  )
})

test('fault 8.9: every log line that the guide says to alert on is written', () => {
  const [, logs = ''] = /## Logs\n([^]*?)\n## /.exec(read(guide)) ?? []
  const lines = [...logs.replaceAll(/\s+/g, ' ').matchAll(/`([^`]+)`/g)]
    .map(([, line = '']) => line)
    .filter((line) => /^\S+ .*[^:] /.test(line))
  const text = textOf(server) + textOf('packages/cli/src')
  assert.ok(lines.length > 4)
  assert.deepEqual(
    lines.filter((line) => !text.includes(line)),
    [],
  )
})

test('fault 8.9: the defaults of settings in the guide are those of the schema', () => {
  const { properties } = JSON.parse(read('docs/countersign.schema.json')) as { properties: Record<string, { default?: unknown }> }
  // Groups of settings have defaults of their own, which their descriptions name.
  const hasDefault = (name: string) => !['undefined', 'object'].includes(typeof properties[name]?.default)
  const rows = [...read(guide).matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)].filter(([, name = '']) => hasDefault(name))
  assert.ok(rows.length > 5)
  for (const [, name = '', shown] of rows) assert.equal(String(properties[name]?.default), shown, name)
})
