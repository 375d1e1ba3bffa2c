// ext_authz over HTTP, as Envoy and its relatives ask: the request of the client itself, without its body, under a prefix.
import type { AskedRequest } from './decide-request.ts'
import type { TrustedPeers } from './trusted-peers.ts'

/** What Envoy calls `path_prefix`. */
export const extAuthzPath = '/ext-authz'

/** @param url as it was sent, at or below the prefix */
export function readExtAuthz(method: string, url: string, rawHeaders: readonly string[], peers: TrustedPeers): AskedRequest {
  return { method, target: url.slice(extAuthzPath.length), rawHeaders, address: peers.clientAddress(rawHeaders) }
}
