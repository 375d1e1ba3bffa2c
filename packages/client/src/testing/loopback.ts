// The fake issuer as a server on loopback, for programs that are another process or in another language.
import { createServer } from 'node:http'
import type { FakeAnswer } from './faults.ts'

export interface FakeRequest {
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface LoopbackIssuer {
  readonly issuer: string
  readonly tokenUrl: string
  readonly close: () => Promise<void>
}

export async function startLoopback(port: number, answer: (request: FakeRequest) => Promise<FakeAnswer>): Promise<LoopbackIssuer> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', async () => {
      const { authorization, host } = request.headers
      const given = await answer({ url: `http://${host}${request.url}`, authorization, body })
      if (given === 'reset') request.socket.destroy()
      else response.writeHead(given.status, given.headers).end(given.body)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  server.unref() // A test that forgets to close it ends nevertheless.
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { issuer, tokenUrl: `${issuer}/token`, close }
}
