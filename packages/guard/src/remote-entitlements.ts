// Entitlements over HTTP: `{issuer}/v1/organizations/{id}/entitlement`, or by client if the token has no organization. Cached
// for seconds only, because a withdrawn partner or a revoked token must stop working within that time.
import { parseEntitlement } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import { indexEntitlement, type Entitlement } from './entitlement-index.ts'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { createFreshValue, type FreshValue } from './fresh-value.ts'
import type { EntitlementSource } from './guard.ts'
import { createRecentMap } from './recent-map.ts'

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

interface Snapshot {
  readonly etag: string | null
  /** `undefined`: the realm does not know the organization or client of the token. */
  readonly entitlement: Entitlement | undefined
}

const maxBytes = 4 * 1024 * 1024
const rememberedOrganizations = 10_000

export function createRemoteEntitlements(options: RemoteEntitlementsOptions): EntitlementSource {
  const { issuer, fetch, freshSeconds, staleIfErrorSeconds, clock, onError } = options
  const snapshots = createRecentMap<FreshValue<Snapshot>>(rememberedOrganizations)

  function snapshotAt(path: string): FreshValue<Snapshot> {
    const known = snapshots.get(path)
    if (known) return known
    const url = `${issuer.replace(/\/$/, '')}/v1/${path}/entitlement`
    const load = (previous: Snapshot | undefined) => loadSnapshot(url, fetch, previous)
    const created = createFreshValue({ load, freshSeconds, staleIfErrorSeconds, retrySeconds: freshSeconds, clock, onError })
    snapshots.set(path, created)
    return created
  }

  return {
    async find(token) {
      return (await snapshotAt(pathOf(token)).get()).entitlement
    },
  }
}

function pathOf({ organizationId, clientId }: VerifiedToken): string {
  return organizationId === undefined ? `clients/${encodeURIComponent(clientId)}` : `organizations/${encodeURIComponent(organizationId)}`
}

async function loadSnapshot(url: string, fetch: Fetch, previous: Snapshot | undefined): Promise<Snapshot> {
  const headers: Record<string, string> = previous?.etag ? { 'if-none-match': previous.etag } : {}
  const { status, etag, body } = await fetchJson(url, { fetch, headers, maxBytes })
  if (status === 200) return { etag, entitlement: indexEntitlement(parseEntitlement(body)) }
  if (status === 304 && previous) return previous
  if (status === 404) return { etag: null, entitlement: undefined }
  // Also 401 and 403: they are about the guard's own credentials, not about the token to decide on.
  throw new Error(`${url} returned HTTP ${status}`)
}
