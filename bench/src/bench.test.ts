// Checks that the measurements run and that `floor` answers as this server does. No time is checked: times need a machine without other load.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { measureAdapters } from './adapters/measure-adapters.ts'
import { measureClient } from './client/measure-client.ts'
import { measureSearch } from './audit-log/measure-search.ts'
import { readCommandLine } from './command-line.ts'
import { measureConsole } from './console/measure-console.ts'
import { measureGateway } from './gateway/measure-gateway.ts'
import { nginxProgram } from './gateway/nginx.ts'
import { measureGuard } from './guard/measure-guard.ts'
import { measurePages } from './pages/measure-pages.ts'
import { browserPath } from './pages/watched-tab.ts'
import { measurePacedLatency } from './peers/paced-latency.ts'
import { usageOfGroup } from './peers/process-usage.ts'
import { describeAnswer } from './token/describe-answer.ts'
import { serverNames, startContestant, type ServerName } from './token/contestant.ts'
import { grantVariants, measureGrants } from './token/measure-grants.ts'
import { measureTokens } from './token/measure-tokens.ts'
import { readTokenAnswer } from './token/token-answer.ts'

test('a token run has a turn of every contestant, in which every answer was a token', async () => {
  const figures = await measureTokens({ rounds: 1, seconds: 0.3, warmUpSeconds: 0.1, connections: 4 })
  for (const { rounds, medians, ratios } of [figures, figures.rs256]) {
    assert.equal(rounds.length, 1)
    for (const name of serverNames) assert.ok(medians[name].requests > 0, name) // Any answer other than a token aborts the run.
    assert.ok(medians.signing.signatures > 0)
    assert.deepEqual(Object.values(ratios).map(Number.isFinite), [true, true, true])
  }
})

test('a run of grants has a turn of every client, two of which have 750 bytes of claims more', async () => {
  const { claimsBytes, ES256, RS256 } = await measureGrants({ rounds: 1, seconds: 0.1, warmUpSeconds: 0.05, connections: 2 })
  assert.deepEqual([claimsBytes.claimSet - claimsBytes.withoutGrant, claimsBytes.ownGrant - claimsBytes.withoutGrant], [750, 750])
  for (const { costs, medians } of [ES256, RS256]) {
    for (const { ofMedians, lowest } of [costs.claimSet, costs.ownGrant]) assert.ok(ofMedians > 0 && lowest > 0)
    for (const name of grantVariants) assert.ok(medians[name].requests > 0, name)
  }
})

test('the server "floor" returns the same response as this server', async (t) => {
  const [floor, countersign] = await Promise.all([describe('floor'), describe('countersign')])
  assert.deepEqual(floor, countersign)

  async function describe(name: ServerName) {
    const contestant = await startContestant(name, 'ES256')
    t.after(() => contestant.stop())
    return describeAnswer(contestant)
  }
})

test(
  'a run of the gateway decides on every request that nginx passes on',
  { skip: !existsSync(nginxProgram) && 'needs nginx' },
  async () => {
    const { medians } = await measureGateway({ rate: 200, rounds: 1, seconds: 0.2, warmUpSeconds: 0.1, connections: 2 })
    assert.ok(medians.gatewayMicroseconds > 0 && medians.p99Milliseconds >= medians.p50Milliseconds) // Any answer but 200 aborts the run.
  },
)

test('a run of pages opens each of them', { skip: !existsSync(browserPath) && 'needs Chromium' }, async () => {
  const { medians, memory, server } = await measurePages({ rounds: 1, clients: 100, lists: 1 }, () => {})
  assert.ok(medians.nodesOfClientsList > 500 && memory.after.nodes > 500)
  for (const milliseconds of [...Object.values(medians), server.perList, ...Object.values(server.perSearch)]) assert.ok(milliseconds > 0)
})

test('a run of the console has a turn without it, with it, and with pages open, whose reads are all answered', async () => {
  const options = { rounds: 1, seconds: 0.3, warmUpSeconds: 0.1, connections: 4, consoles: 2, rate: 100 }
  const { medians, closed, open } = await measureConsole(options, () => {})
  for (const turn of Object.values(medians)) assert.ok(turn.tokensPerCpuSecond > 0 && turn.p99Milliseconds > 0)
  assert.ok(closed.cpuPerToken > 0 && open.cpuPerToken > 0)
})

test('latency at a given rate is measured for every request that was due', async (t) => {
  const contestant = await startContestant('floor', 'ES256')
  t.after(() => contestant.stop())
  const { p50Milliseconds, p99Milliseconds } = await measurePacedLatency(contestant, { rate: 200, seconds: 0.2, connections: 4 })
  assert.ok(p50Milliseconds > 0 && p99Milliseconds >= p50Milliseconds)
})

test('the CPU time of a process group covers its processes', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  const group = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[2])
  const { cpuSeconds, memoryMebibytes } = usageOfGroup(group)
  assert.ok(cpuSeconds > 0 && memoryMebibytes > 10)
})

test('a response is read once it is complete, and must be a token', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n'
  assert.equal(readTokenAnswer('HTTP/1.1 200 OK\r\nConte'), undefined)
  assert.equal(readTokenAnswer(`${head}{"access_token":"t"`), undefined)
  assert.equal(readTokenAnswer(`${head}{"access_token":"t"}`), '{"access_token":"t"}')
  assert.throws(() => readTokenAnswer(`${head.replace('200', '401')}{"access_token":"t"}`), /no token/)
  assert.throws(() => readTokenAnswer(`${head}{"error":"x"}       `), /no token/)
})

test('a guard run has a figure for every contestant', async () => {
  const { microseconds, rounds } = await measureGuard({ rounds: 1, callsPerTurn: 20 })
  assert.equal(rounds.length, 1)
  assert.deepEqual(Object.keys(microseconds), [
    'guardRemembered',
    'guardOfThreeIssuersRemembered',
    'remoteWithoutReports',
    'remoteWithReports',
    'refusedWithoutReports',
    'refusedWithReports',
    'guardNew',
    'joseNew',
    'fastJwtNew',
    'fastJwtRemembered',
    'signatureAlone',
  ])
})

test('an adapter run has a figure for every framework that it is told, in which every answer was a 200', async () => {
  const { adapters } = await measureAdapters({ rounds: 1, callsPerTurn: 10, names: ['fastify', 'hono'] })
  assert.deepEqual(Object.keys(adapters), ['fastify', 'hono'])
  for (const { own } of Object.values(adapters)) assert.ok(Number.isFinite(own))
})

test('a client run counts the token requests of concurrent callers', async () => {
  const { medians } = await measureClient({ rounds: 1, callsPerTurn: 1000, concurrentCallers: 100 })
  assert.equal(medians.coldTokenRequests, 1)
})

test('a run of searches in a filled audit log finds each request that is there', async () => {
  const { sqlite } = await measureSearch({ events: 30_000, days: 10, stores: ['sqlite'], searches: 50 }, () => {})
  for (const name of ['requestOfToken', 'requestOfRefusal', 'requestOfChange', 'requestInBusyMinute', 'requestOfCaller'])
    assert.equal(sqlite!.searches[name]!.found, 50, name)
  assert.equal(sqlite!.searches['unknownRequest']!.found, 0)
})

test('the command line runs everything by default, only the named measurements otherwise, and rejects unknown arguments', () => {
  assert.deepEqual(readCommandLine([]).names, ['token', 'grants', 'guard', 'client'])
  assert.deepEqual(readCommandLine(['guard', '--quick']).names, ['guard'])
  assert.equal(readCommandLine(['token', '--rounds', '3']).rounds, 3)
  assert.equal(readCommandLine(['audit-search', '--store', 'postgres']).store, 'postgres')
  for (const args of [['gaurd'], ['audit-search', '--store', 'mysql'], ['guard', '--store', 'sqlite'], ['--rounds', '0'], ['--round', '3']])
    assert.throws(() => readCommandLine(args), TypeError)
})
