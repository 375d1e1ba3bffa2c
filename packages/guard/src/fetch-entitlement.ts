// The two documents about entitlements that a remote guard reads. Refuses what is not about the question, so that a mixed-up answer, such
// as one of a careless cache in between, decides about no other client.
import {
  parseChanges,
  parseEntitlement,
  type ChangesDocument,
  type EntitlementDocument,
  type Partner,
  type Requestor,
} from '@countersign/protocol'
import type { Wanted } from './entitlement-index.ts'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { refusedStatus, RemoteGuardError } from './remote-guard-error.ts'

export interface EntitlementApi {
  /**
   * `undefined` if the realm knows no such client, or if the server has no such API: only the changes tell the two apart.
   * @param cursor of what the guard knows: a node that knows less reads its store first
   */
  fetchEntitlement(clientId: string, ask: Wanted, cursor?: string): Promise<EntitlementDocument | undefined>
  /** @param cursor of the previous answer; without it, the answer only tells the place to begin at. */
  fetchChanges(cursor: string | undefined): Promise<ChangesDocument>
}

export interface EntitlementApiOptions {
  readonly issuer: string
  /** Adds the guard's own token. */
  readonly fetch: Fetch
  /** A server that has not heard of its store for longer is not believed. */
  readonly maxAgeSeconds: number
}

const maxBytes = 1024 * 1024

export function createEntitlementApi({ issuer, fetch, maxAgeSeconds }: EntitlementApiOptions): EntitlementApi {
  const base = `${issuer.replace(/\/$/, '')}/v1`

  async function get(url: string, { isRefusable = false, headers = {} } = {}): Promise<{ status: number; body: unknown }> {
    const answer = await fetchJson(url, { fetch, maxBytes, headers })
    if (answer.status === 400 && isRefusable) return answer
    // Also 401 and 403: they are about the guard's own credentials, not about the token to decide on.
    if (answer.status !== 200 && answer.status !== 404) throw refusedStatus(url, answer, 'rights')
    return answer
  }

  function refuseOld(url: string, { asOf }: Pick<ChangesDocument, 'asOf'>): void {
    if (asOf.ageSeconds < maxAgeSeconds) return
    throw new Error(`${url}: the authorization server has not reached its store for ${Math.round(asOf.ageSeconds)} s`)
  }

  async function fetchChanges(cursor: string | undefined): Promise<ChangesDocument> {
    const url = `${base}/changes${cursor === undefined ? '' : `?${new URLSearchParams({ after: cursor }).toString()}`}`
    const { status, body } = await get(url, { isRefusable: cursor !== undefined })
    if (status === 400) return fetchChanges(undefined) // The cursor of another version of the server.
    if (status === 404) {
      throw new RemoteGuardError(
        'url',
        `${url} returned HTTP 404: this guard needs a server later than version 0.1.0. Upgrade the server first, ` +
          'or use version 0.1.0 of @countersign/guard until then',
      )
    }
    const document = parseChanges(body)
    refuseOld(url, document)
    return document
  }

  return {
    async fetchEntitlement(clientId, { partnerId, requestorId }, cursor) {
      const query = new URLSearchParams({ client_id: clientId })
      if (partnerId !== undefined) query.set('partner', partnerId)
      if (requestorId !== undefined) query.set('requestor', requestorId)
      const url = `${base}/entitlement?${query.toString()}`
      const { status, body } = await get(url, { headers: cursor === undefined ? {} : { 'last-event-id': cursor } })
      if (status === 404) return undefined
      const document = parseEntitlement(body)
      const { client, organization, partner, requestor } = document
      if (client.clientId !== clientId) throw new Error(`${url} returned the entitlement of another client`)
      requireAnswer(url, partnerId, organization.partners.list, partner)
      requireAnswer(url, requestorId, organization.requestors.list, requestor)
      refuseOld(url, document)
      return document
    },
    fetchChanges,
  }
}

function requireAnswer(
  url: string,
  id: string | undefined,
  list: readonly unknown[] | undefined,
  answer: Partner | Requestor | null | undefined,
): void {
  if (id === undefined || list) return
  if (answer === undefined || (answer !== null && answer.id !== id)) throw new Error(`${url} does not tell about ${id}`)
}
