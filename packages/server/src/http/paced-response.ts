// A response that hands a large body to its socket in pieces, the next one when the last one was taken. So a peer that does not read
// costs one piece instead of a copy of the body (TLS encrypts all that it is given), and http/slow-readers.ts sees its progress.
import { ServerResponse, type IncomingMessage } from 'node:http'

const pieceBytes = 65_536

export class PacedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  override end(...parts: unknown[]): this {
    const [body, encoding, done] = parts
    const bytes = this.destroyed || this.req.method === 'HEAD' ? undefined : toLargeBody(body, encoding)
    if (bytes === undefined) return super.end(...(parts as [unknown, BufferEncoding, () => void]))
    if (!this.headersSent && !this.hasHeader('transfer-encoding')) this.setHeader('content-length', bytes.length)
    let next = 0
    const sendRest = () => {
      while (bytes.length - next > pieceBytes) {
        if (!super.write(bytes.subarray(next, (next += pieceBytes)))) return void this.once('drain', sendRest)
      }
      super.end(bytes.subarray(next), [encoding, done].find((part) => typeof part === 'function') as (() => void) | undefined)
    }
    sendRest()
    return this
  }
}

/** The bytes of a body that is larger than one piece. */
function toLargeBody(body: unknown, encoding: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body.length > pieceBytes ? body : undefined
  // At most three bytes of UTF-8 a character.
  if (typeof body !== 'string' || body.length * 3 <= pieceBytes) return undefined
  const bytes = Buffer.from(body, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  return bytes.length > pieceBytes ? bytes : undefined
}
