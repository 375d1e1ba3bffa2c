// HTTP as bytes over a real connection, for requests that no valid client would send.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** Sends the lines, with CRLF between them, and resolves to all received bytes when the server closes; '' if there are none. */
export async function exchangeRaw({ hostname, port }: URL, lines: readonly string[]): Promise<string> {
  const socket = connect(Number(port), hostname)
  socket.write(Buffer.from(lines.join('\r\n'), 'latin1'))
  return text(socket).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') return ''
    throw error
  })
}

/** A POST with a form as lines; the server closes after its response unless `headers` say otherwise. */
export function postLines(path: string, body: string, headers: readonly string[] = ['Connection: close']): string[] {
  const fixed = [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded']
  return [...fixed, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body]
}
