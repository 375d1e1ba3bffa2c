// One keep-alive connection that sends the same token request again and again, one at a time.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Listening } from './server-process.ts'
import { readTokenAnswer } from './token-answer.ts'

export interface Connection {
  /** Sends the request; resolves to the body of the answer. @throws Error for any answer but a token. */
  exchange(): Promise<string>
  close(): void
}

export async function openConnection(listening: Listening): Promise<Connection> {
  const request = tokenRequest(listening)
  const socket = connect({ port: listening.port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1')
  await once(socket, 'connect')
  let received = ''
  let answer = Promise.withResolvers<string>()

  socket.on('data', (text: string) => {
    received += text
    try {
      const body = readTokenAnswer(received)
      if (body !== undefined) answer.resolve(body)
    } catch (error) {
      answer.reject(error)
    }
  })
  socket.on('error', (error) => answer.reject(error))
  socket.on('close', () => answer.reject(new Error('The server closed the connection')))

  return {
    exchange() {
      received = ''
      answer = Promise.withResolvers()
      socket.write(request)
      return answer.promise
    },
    close() {
      answer.promise.catch(() => {})
      socket.destroy()
    },
  }
}

function tokenRequest({ port, path, form }: Listening): Buffer {
  const body = new URLSearchParams(form).toString()
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'accept: application/json',
    'content-type: application/x-www-form-urlencoded',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
