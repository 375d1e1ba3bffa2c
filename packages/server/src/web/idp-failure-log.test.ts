import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { createManualClock } from '../../test/test-server.fixture.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { createIdpFailureLog } from './idp-failure-log.ts'

function aLog() {
  const lines: (string | undefined)[] = []
  const request = {
    log: { warn: ({ organizationId }: { organizationId?: string }) => void lines.push(organizationId), debug: () => {} },
  } as unknown as Pick<FastifyRequest, 'log'>
  const clock = createManualClock()
  const log = createIdpFailureLog(clock.now)
  const fail = (organizationId: string | undefined, times = 1) => {
    for (let time = 0; time < times; time++) log(request, new SignInRefusal('idp-away'), 'failed', { organizationId })
  }
  return { lines, fail, clock, request, log }
}

test('an identity provider that fails again and again hides no other one', () => {
  const { lines, fail, clock } = aLog()
  fail('noisy', 1000)
  fail('quiet')
  fail(undefined)
  assert.deepEqual(lines, [...Array.from({ length: 20 }, () => 'noisy'), 'quiet', undefined])
  clock.advance(3000)
  fail('noisy', 2)
  assert.equal(lines.length, 23)
})

test('all of them together have a bound', () => {
  const { lines, fail } = aLog()
  for (let one = 0; one < 5000; one++) fail(`organization ${one}`)
  assert.equal(lines.length, 300)
})

test("answers that a stranger made up hide no failure of the operators' identity provider, nor of another one", () => {
  const { lines, log, request } = aLog()
  for (const party of [{ organizationId: undefined }, { organizationId: 'acme' }]) {
    lines.length = 0
    for (let time = 0; time < 100; time++) {
      log(request, new SignInRefusal('unavailable', 'some fault'), 'failed', undefined)
      log(request, new SignInRefusal('sign-in-invalid', 'idp-code'), 'failed', party)
    }
    const before = lines.length
    log(request, new SignInRefusal('idp-away'), 'failed', party)
    assert.equal(lines.length, before + 1)
  }
})

test("what is of no known party hides no failure of the operators' identity provider", () => {
  const { lines, fail, log, request } = aLog()
  for (let time = 0; time < 100; time++) log(request, new SignInRefusal('idp-away'), 'failed', undefined)
  assert.equal(lines.length, 20)
  fail(undefined)
  assert.equal(lines.length, 21)
})

test('a code of a stranger that the token endpoint refuses hides no identity provider of the operators that is away', () => {
  const { lines, fail, log, request } = aLog()
  const refused = new SignInRefusal('idp-away', 'idp-token-endpoint')
  for (let time = 0; time < 100; time++) log(request, refused, 'failed', { organizationId: undefined })
  assert.equal(lines.length, 20)
  fail(undefined)
  assert.equal(lines.length, 21)
})
