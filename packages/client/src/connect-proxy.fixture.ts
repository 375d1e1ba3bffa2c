// A real HTTP proxy on loopback: tunnels by CONNECT (RFC 9110 §9.3.6), and forwards requests in absolute form (RFC 9112 §3.2.2).
import { createServer, request as sendRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface ConnectProxy {
  readonly url: string
  /** `host:port` that were reached through it, in order. */
  readonly reached: string[]
}

export async function startConnectProxy(t: TestContext): Promise<ConnectProxy> {
  const reached: string[] = []
  const server = createServer((incoming, response) => {
    const { host, href } = new URL(incoming.url ?? '')
    reached.push(host)
    const { method = 'GET', headers } = incoming
    incoming.pipe(
      sendRequest(href, { method, headers }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers))),
    )
  })
  server.on('connect', ({ url = '' }, socket) => {
    reached.push(url)
    const { hostname, port } = new URL(`http://${url}`)
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    t.after(() => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reached }
}
