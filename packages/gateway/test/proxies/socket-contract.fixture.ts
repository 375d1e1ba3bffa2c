// A proxy whose configuration names a unix socket in place of the gateway's port.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProxy, type Proxy } from './proxy.fixture.ts'
import { send } from './send-request.fixture.ts'
import { ordersPath, socketIn, startStack } from './stack.fixture.ts'

/** @param place the address of the gateway in `file`, as it is copied and as docs/gateway.md says to change it */
export function testAtSocket(
  proxy: Proxy,
  file: string,
  place: { readonly from: (port: number) => string; readonly to: (socket: string) => string; readonly firstLine?: string },
): void {
  test(`${proxy.name} asks a gateway at a unix socket`, { skip: proxy.skip, timeout: 60_000 }, async (t) => {
    const stack = await startStack(t, { atSocket: true })
    const atSocket: Proxy = {
      ...proxy,
      prepare(given) {
        const command = proxy.prepare(given)
        const path = join(given.folder, file)
        const text = readFileSync(path, 'utf8')
        const changed = text.replace(place.from(given.ports.http), place.to(socketIn(given.folder)))
        assert.notEqual(changed, text)
        writeFileSync(path, (place.firstLine ?? '') + changed)
        return command
      },
    }
    await startProxy(t, atSocket, stack)
    const ask = (...headers: string[]) => send(stack.ports.front, { path: ordersPath, headers })
    const allowed = await ask('Authorization', `Bearer ${stack.token()}`)
    assert.deepEqual([allowed.status, stack.takeSeen().length], [200, 1])
    assert.deepEqual([(await ask()).status, stack.takeSeen().length], [401, 0])
    await stack.stopGateway()
    assert.deepEqual([(await ask('Authorization', `Bearer ${stack.token()}`)).status, stack.takeSeen().length], [503, 0])
  })
}
