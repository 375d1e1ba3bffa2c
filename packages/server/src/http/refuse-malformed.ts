// Requests that are not valid HTTP, or that arrive too slowly: answered with a problem of the catalogue if a response can still
// be sent, and then closed, because it is unknown where the next request would begin.
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { problemContentType, problemDocument, problems, readSingleHeader, type ProblemCode } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import type { Connections } from './connections.ts'

type ClientErrorHandler = (this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket) => void

export function refuseMalformed(
  publicUrl: string,
  nextRequestId: () => string,
  connections: () => Connections | undefined,
): ClientErrorHandler {
  return function (error, socket) {
    const code = codeOf(error.code ?? '')
    const { unanswered = 0, latest } = connections()?.open.get(socket) ?? {}
    // No response if the peer has gone or has failed at TLS already, or if it would be taken for the response to another request.
    if (code === undefined || !socket.writable || unanswered > 1 || (unanswered === 1 && latest?.headersSent)) {
      socket.destroy()
      return
    }
    const requestId = nextRequestId()
    this.log.debug({ requestId, code, cause: error.code, address: connections()?.addressOf(socket) }, 'rejected a malformed HTTP request')
    socket.write(malformedResponse(publicUrl, code, requestId, code === 'invalid-request' ? explain(error.code) : {}))
    socket.destroySoon()
  }
}

/** The whole response: it is written to the socket, because there is no request to answer. */
export function malformedResponse(
  publicUrl: string,
  code: ProblemCode,
  requestId: string,
  explanation: { readonly detail?: string; readonly remedy?: string } = {},
): string {
  const body = JSON.stringify(problemDocument(publicUrl, code, { requestId, ...explanation }))
  const { status } = problems[code]
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Node takes the first of two Host headers; a proxy may have routed by the second (RFC 9112 §3.2). */
export function findHostFault(rawHeaders: readonly string[]): ProblemError | undefined {
  if (readSingleHeader(rawHeaders, 'host') !== 'repeated') return undefined
  return new ProblemError('invalid-request', {
    detail: 'The request has more than one Host header.',
    remedy: 'Send one; check that no proxy adds another.',
  })
}

function codeOf(errorCode: string): ProblemCode | undefined {
  if (errorCode === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout'
  if (errorCode === 'HPE_HEADER_OVERFLOW') return 'request-header-too-large'
  return errorCode.startsWith('HPE_') ? 'invalid-request' : undefined
}

function explain(errorCode: string | undefined): { readonly detail: string; readonly remedy: string } {
  const isMethod = errorCode === 'HPE_INVALID_METHOD' // Also of what is no HTTP at all: its first word.
  return {
    detail: isMethod ? 'The method is none that HTTP defines, or this is not HTTP/1.1.' : 'This is not HTTP/1.1.',
    remedy: 'Send a well-formed HTTP/1.1 request (RFC 9112).',
  }
}
