// Forward-auth, as nginx (auth_request), Caddy, Traefik and HAProxy ask: a request of their own, in which headers say what the client wants.
import { readSingleHeader } from '@countersign/protocol'
import type { AskedRequest, GatewayVerdict } from './decide-request.ts'
import type { TrustedPeers } from './trusted-peers.ts'

/** Any path at or below it; what comes after it says nothing. */
export const forwardAuthPath = '/forward-auth'

/**
 * For nginx, which reads no body of the response: a denial also has its problem document in a header. It is asked for by the path, which
 * no caller chooses.
 */
export const problemInHeaderPath = `${forwardAuthPath}/problem-in-header`

/** The proxy does not say, or does not clearly say, what the client wants. */
export interface ProxyFault {
  readonly fault: string
}

/** Only of a request whose peer is trusted: everyone else could choose what is decided. */
export function readForwardAuth(rawHeaders: readonly string[], peers: TrustedPeers): AskedRequest | ProxyFault {
  const method = readSingleHeader(rawHeaders, 'x-forwarded-method')
  const target = readSingleHeader(rawHeaders, 'x-forwarded-uri')
  for (const [name, value] of [
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Uri', target],
  ] as const) {
    // prettier-ignore
    if (value === undefined || value === '') return { fault: `The proxy did not send "${name}".` }
    if (value === 'repeated')
      return { fault: `"${name}" is there more than once: the proxy must set it, and not add to what the caller sent.` }
  }
  // Two values joined: the caller's and that of a proxy which added its own.
  if (target!.includes(',/')) return { fault: '"X-Forwarded-Uri" may be two paths (",/"): encode the comma.' }
  return { method: method!, target: target!, rawHeaders, address: peers.clientAddress(rawHeaders) }
}

export function withProblemHeader({ status, headers, body }: GatewayVerdict): GatewayVerdict {
  if (body === '') return { status, headers, body }
  const ascii = body.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return { status, headers: { ...headers, 'x-countersign-problem': ascii }, body }
}
