/**
 * The body of an HTTP/1.1 response to a token request, `undefined` while a part of it is missing. Implements only the parts of HTTP
 * that the servers under test use (`content-length`, no chunks), because CPU time of the load generator is taken from the servers.
 * @param received one character per byte (latin1).
 * @throws Error for any response but a 200 with an access token.
 */
export function readTokenAnswer(received: string): string | undefined {
  const bodyStart = received.indexOf('\r\n\r\n') + 4
  if (bodyStart < 4) return undefined
  const [, length] = /\r\ncontent-length: *(\d+)\r\n/i.exec(received.slice(0, bodyStart)) ?? []
  if (length === undefined) throw new Error(`The answer has no content-length: ${received}`)
  const body = received.slice(bodyStart)
  if (body.length < Number(length)) return undefined
  if (!received.startsWith('HTTP/1.1 200 ') || !body.includes('"access_token":"')) throw new Error(`The answer is no token: ${received}`)
  return body
}
