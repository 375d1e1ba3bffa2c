// A token endpoint over real HTTP that numbers its tokens, so that every token request is visible.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface NumberedTokenEndpoint {
  readonly tokenUrl: string
  /** The number of token requests so far. */
  readonly requestCount: number
  close(): Promise<void>
}

export async function startNumberedTokenEndpoint(): Promise<NumberedTokenEndpoint> {
  let requestCount = 0
  const server = createServer((request, response) => {
    requestCount += 1
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: `token-${requestCount}`, expires_in: 300, token_type: 'Bearer' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    tokenUrl: `http://127.0.0.1:${port}/token`,
    get requestCount() {
      return requestCount
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
