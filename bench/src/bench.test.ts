// Checks that the measurements run and that `floor` answers as this server does. No time is checked: times need a machine without other load.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClient } from './client/measure-client.ts'
import { readCommandLine } from './command-line.ts'
import { measureGuard } from './guard/measure-guard.ts'
import { openConnection } from './token/connection.ts'
import { serverNames, startContestant, type ServerName } from './token/contestant.ts'
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

test('the server "floor" returns the same response as this server', async (t) => {
  const [floor, countersign] = await Promise.all([describeAnswer('floor'), describeAnswer('countersign')])
  assert.deepEqual(floor, countersign)

  async function describeAnswer(name: ServerName) {
    const contestant = await startContestant(name, 'ES256')
    t.after(() => contestant.stop())
    const connection = await openConnection(contestant)
    const { access_token: token, ...members } = JSON.parse(await connection.exchange()) as { access_token: string }
    connection.close()
    const [header = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    return { members, tokenLength: token.length, header: namesOf(header), claims: namesOf(claims) }
  }
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
    'guardNew',
    'joseNew',
    'fastJwtNew',
    'fastJwtRemembered',
    'signatureAlone',
  ])
})

test('a client run counts the token requests of concurrent callers', async () => {
  const { medians } = await measureClient({ rounds: 1, callsPerTurn: 1000, concurrentCallers: 100 })
  assert.equal(medians.coldTokenRequests, 1)
})

test('the command line runs everything by default, only the named measurements otherwise, and rejects unknown arguments', () => {
  assert.deepEqual(readCommandLine([]).names, ['token', 'guard', 'client'])
  assert.deepEqual(readCommandLine(['guard', '--quick']).names, ['guard'])
  assert.equal(readCommandLine(['token', '--rounds', '3']).rounds, 3)
  for (const args of [['gaurd'], ['--rounds', '0'], ['--round', '3']]) assert.throws(() => readCommandLine(args), TypeError)
})

function namesOf(json: string): string[] {
  return Object.keys(JSON.parse(json) as object)
}
