// Entitlements over HTTP: `{issuer}/v1/entitlement`, by client. Interim: each document is read again when it is no longer fresh.
import { parseEntitlement } from '@countersign/protocol'
import { indexEntitlement, type Entitlement } from './entitlement-index.ts'
import { fetchJson, type Fetch } from './fetch-json.ts'
import type { EntitlementSource } from './guard.ts'

export interface RemoteEntitlementsOptions {
  readonly issuer: string
  /** Adds the guard's own token. */
  readonly fetch: Fetch
  readonly freshSeconds: number
  readonly staleIfErrorSeconds: number
  /** Milliseconds. */
  readonly clock: () => number
  readonly onError: (error: Error) => void
}

export function createRemoteEntitlements({ issuer, fetch }: RemoteEntitlementsOptions): EntitlementSource {
  return {
    async find({ clientId }, { partnerId, requestorId } = {}): Promise<Entitlement | undefined> {
      const query = new URLSearchParams({ client_id: clientId, ...(partnerId && { partner: partnerId }) })
      if (requestorId) query.set('requestor', requestorId)
      const url = `${issuer.replace(/\/$/, '')}/v1/entitlement?${query}`
      const { status, body } = await fetchJson(url, { fetch, maxBytes: 1024 * 1024 })
      if (status === 404) return undefined
      if (status !== 200) throw new Error(`${url} returned HTTP ${status}`)
      return indexEntitlement(parseEntitlement(body), { partnerId, requestorId })
    },
  }
}
