import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const requests = {
  'a token': async (url: URL, form: Record<string, string>) => fetch(url, { method: 'POST', body: new URLSearchParams(form) }),
  'an error': async (url: URL) => fetch(url, { method: 'POST', body: new URLSearchParams({ grant_type: 'password' }) }),
  'a page': async (url: URL) => fetch(new URL('/problems', url)),
  'a path that does not exist': async (url: URL) => fetch(new URL('/nowhere', url)),
}
for (const [what, send] of Object.entries(requests)) {
  test(`${what}: no event of a response has two listeners, because V8 may retain the array of two for long`, async () => {
    const { app, listen, aClient } = await startTestServer({ nodes: 1 })
    const client = await aClient('partner-api')
    const seen: Record<string, number>[] = []
    app.server.prependListener('request', (_request, response: ServerResponse) => {
      const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse
      response.end = (...parts: unknown[]) => {
        seen.push(Object.fromEntries(response.eventNames().map((name) => [String(name), response.listenerCount(name)])))
        return end(...parts)
      }
    })
    await send(new URL('/partner-api/oauth/token', await listen()), tokenRequest(client))
    assert.equal(seen.length, 1)
    assert.ok((seen[0]?.['close'] ?? 0) > 0, 'a listener must be told of the end')
    assert.deepEqual(
      Object.entries(seen[0] ?? {}).filter(([, count]) => count > 1),
      [],
    )
  })
}
