// One request, with exactly these headers and this target: fetch() would normalize both.
import { request, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'

export interface Sent {
  readonly method?: string
  readonly path: string
  /** Name, value, … besides Host; a name may be there twice. */
  readonly headers?: readonly string[]
  readonly body?: string
}

export interface Received {
  readonly status: number
  /** By lower-case name; a header that came several times is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @param agent for connections that are used again; without one, each request has its own */
export async function send(port: number, sent: Sent, agent?: Agent): Promise<Received> {
  const outgoing = open(port, sent, agent)
  const answered = receive(outgoing)
  outgoing.end(sent.body)
  return answered
}

/** Without the end of the body. */
export function open(port: number, { method = 'GET', path, headers = [], body }: Sent, agent?: Agent): ClientRequest {
  const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const all = ['Host', 'api.example.com', ...headers, ...length]
  return request({ host: '127.0.0.1', port, method, path, headers: all, agent: agent ?? false })
}

export function receive(outgoing: ClientRequest): Promise<Received> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject).on('response', (incoming: IncomingMessage) => {
      const chunks: Buffer[] = []
      incoming
        .on('error', reject)
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({ status: incoming.statusCode!, headers: joined(incoming.rawHeaders), body: Buffer.concat(chunks).toString() }),
        )
    })
  })
}

/** `IncomingMessage.headers` drops what came twice. */
export function joined(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    headers[name] = headers[name] === undefined ? rawHeaders[at + 1]! : `${headers[name]}, ${rawHeaders[at + 1]}`
  }
  return headers
}
