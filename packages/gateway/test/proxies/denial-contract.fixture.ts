// What callers get if the gateway denies or cannot be asked, and how bodies pass.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '@countersign/server/store/processes.fixture'
import { problemOf } from '../../src/gateway.fixture.ts'
import { denialCases } from './denial-cases.fixture.ts'
import { failures, startFailingGateway } from './failing-gateway.fixture.ts'
import { compare } from './fidelity.fixture.ts'
import { open, receive } from './send-request.fixture.ts'
import { only, type Setting } from './setting.fixture.ts'
import { ordersPath } from './stack.fixture.ts'

export async function testDenials({ stack, fidelity, proxy, call }: Setting, t: TestContext): Promise<void> {
  for (const { name, status, code, sent } of denialCases) {
    const asked = sent(stack)
    const expected = await stack
      .gateway()
      .decideRequest({ method: asked.method ?? 'GET', target: asked.path, rawHeaders: asked.headers ?? [] })
    assert.deepEqual([expected.status, problemOf(expected)], [status, code], name)
    const before = await stack.countDecisions()
    const received = await call(asked)
    // A denial that is asked for twice costs twice, is reported twice, and may become a yes.
    assert.ok((await stack.countDecisions()) - before <= 1, name)
    assert.equal(stack.takeSeen().length, 0, name)
    assert.ok(received.status >= 400, name)
    const lost = compare(fidelity, name, received, expected)
    if (lost.length > 0) t.diagnostic(`${proxy.name}, ${name}: ${lost.join(', ')} differ: ${JSON.stringify(received)}`)
  }
}

export async function testBodies({ stack, fidelity, proxy, call, authorized }: Setting): Promise<void> {
  const large = 'x'.repeat(1_000_000)
  assert.equal((await call(authorized({ method: 'POST', body: large }))).status, 200)
  assert.equal(await only(stack.takeSeen()).length, large.length)

  const denied = open(stack.ports.front, { method: 'POST', path: ordersPath, headers: ['Content-Length', '1000000'] })
  const answered = receive(denied)
  denied.flushHeaders()
  assert.equal((await answered).status, 401)
  denied.destroy()

  const streamed = open(stack.ports.front, authorized({ method: 'POST', headers: ['Transfer-Encoding', 'chunked'] }))
  const response = receive(streamed)
  streamed.write('first')
  // What keeps bodies does not call the API before the end.
  const early = proxy.limits?.keepsBodies ? undefined : await eventually('the API is called', () => stack.takeSeen()[0], 20)
  fidelity.streams = (await early?.firstChunk) === 'first'
  streamed.end(' and last')
  assert.equal((await response).status, 200)
  assert.equal(await (early ?? only(stack.takeSeen())).length, 'first and last'.length)
}

export async function testFailures({ stack, fidelity, proxy, call, authorized }: Setting): Promise<void> {
  await stack.stopGateway()
  fidelity.failing.away = await refused('away')
  for (const failure of failures) {
    if (failure === 'says yes to everything' && proxy.limits?.believesAnyYes) continue
    const isSilent = failure === 'keeps silent'
    const failing = await Promise.all([stack.ports.http, stack.ports.grpc].map((port) => startFailingGateway(port, failure)))
    try {
      if (isSilent && proxy.limits?.waitsForGateway) {
        const pending = call(authorized())
        await Promise.any(failing.map(({ asked }) => asked))
        await Promise.all(failing.map(({ stop }) => stop()))
        assert.ok((await pending).status >= 500)
      } else {
        const status = await refused(failure)
        if (failure === 'fails') fidelity.failing.fails = status
        if (isSilent) fidelity.failing.slow = status
      }
      assert.equal(stack.takeSeen().length, 0, failure)
    } finally {
      await Promise.all(failing.map(({ stop }) => stop()))
    }
  }

  async function refused(what: string): Promise<number> {
    const { status } = await call(authorized())
    assert.ok(status >= 300, `${what}: ${status}`)
    assert.equal(stack.takeSeen().length, 0, what)
    return status
  }
}

export async function testRecovery({ stack, call, authorized }: Setting): Promise<void> {
  await stack.startGateway()
  await eventually('calls pass again', async () => (await call(authorized())).status === 200, 20)
}
