// One request to a listener of node:http without a connection: what a socket costs would hide what an adapter costs.
import { IncomingMessage, ServerResponse, type RequestListener } from 'node:http'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'

export interface Sent {
  readonly url: string
  readonly rawHeaders: readonly string[]
}

/** Resolves with the status when the response has ended. */
export function exchange(listener: RequestListener, { url, rawHeaders }: Sent, socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    const request = new IncomingMessage(socket)
    request.method = 'GET'
    request.url = url
    request.httpVersion = '1.1'
    request.httpVersionMajor = 1
    request.httpVersionMinor = 1
    request.rawHeaders = [...rawHeaders]
    for (let at = 0; at < rawHeaders.length; at += 2) request.headers[String(rawHeaders[at]).toLowerCase()] = rawHeaders[at + 1]
    request.push(null)
    const response = new ServerResponse(request)
    response.once('finish', () => resolve(response.statusCode))
    response.assignSocket(new Sink() as unknown as Socket)
    listener(request, response as ServerResponse & { req: IncomingMessage })
  })
}

/** Takes what is written, as a socket whose peer reads at once. */
class Sink extends Writable {
  readonly remoteAddress = '127.0.0.1'

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
  }

  setTimeout(): this {
    return this
  }
}

export function aSocket(): Socket {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' })
  return socket
}
