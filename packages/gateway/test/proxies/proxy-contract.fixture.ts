// What holds behind every proxy: the API sees a request only if the gateway let it through, with the headers of the gateway and the path that it
// decided by; and the caller gets the gateway's denial. WebSockets are not covered: the configurations drop "Connection".
import { test, type TestContext } from 'node:test'
import { eventually } from '@countersign/server/store/processes.fixture'
import { testBodies, testDenials, testFailures, testRecovery } from './denial-contract.fixture.ts'
import { checkResults, noFidelity } from './fidelity.fixture.ts'
import { testAllowed, testPublicRoute, testSpellings } from './identity-contract.fixture.ts'
import { testChosenTargets, testMethods, testPaths } from './path-contract.fixture.ts'
import { startProxy, type Proxy } from './proxy.fixture.ts'
import { send } from './send-request.fixture.ts'
import type { Setting } from './setting.fixture.ts'
import { testConnections, testErrorsOfApi, testManyCallers, testTwoReadings } from './traffic-contract.fixture.ts'
import { ordersPath, startStack } from './stack.fixture.ts'

/** Calls through the proxy, and the verdict that they are compared with. */
export function testProxy(proxy: Proxy): void {
  test(`${proxy.name} in front of an API`, { skip: proxy.skip, timeout: 110_000 }, async (t) => {
    const stack = await startStack(t)
    const output = await startProxy(t, proxy, stack)
    const setting: Setting = {
      stack,
      proxy,
      fidelity: noFidelity(proxy.version()),
      call: (sent) => send(stack.ports.front, sent),
      authorized: (sent = {}) => ({
        path: ordersPath,
        ...sent,
        headers: ['Authorization', `Bearer ${stack.token()}`, ...(sent.headers ?? [])],
      }),
    }
    await eventually('the gateway is asked', async () => (await setting.call(setting.authorized())).status === 200, 10).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${output()}`)
      },
    )
    stack.takeSeen()
    for (const [title, run] of parts) await t.test(title, (context) => run(setting, context))
    await t.test('the fidelity table has what was seen', () => checkResults(proxy.name, setting.fidelity))
  })
}

const parts: readonly (readonly [title: string, run: (setting: Setting, t: TestContext) => Promise<void>])[] = [
  ['an allowed call reaches the API with the headers of the gateway', testAllowed],
  ['abuse 262: a header that the caller sent under our names does not reach the API', testSpellings],
  ['abuse 262: a public route does not let such a header through either', testPublicRoute],
  ['a denial arrives as the gateway made it', testDenials],
  ['abuse 264: the API sees the path that was decided, and no ambiguous one', testPaths],
  ['abuse 264: a caller cannot choose what is decided', testChosenTargets],
  ['abuse 269: HEAD passes where GET does, other methods do not', testMethods],
  ['a body streams to the API, and a denied one is not waited for', testBodies],
  ['an error of the API passes as it is', testErrorsOfApi],
  ['abuse 281: no request hides in the body of another one', testTwoReadings],
  ['a connection that is used again carries nothing over', testConnections],
  ['many callers at once are not mixed up', testManyCallers],
  ['abuse 267: without a decision nothing passes', testFailures],
  ['after the gateway is back, calls pass', testRecovery],
]
