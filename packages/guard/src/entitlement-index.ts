// An entitlement document with indexes for fast checks: built once when it is loaded, never per request.
import type { ClientEntitlement, EntitlementDocument } from '@countersign/protocol'

export interface Entitlement {
  readonly document: EntitlementDocument
  readonly clients: ReadonlyMap<string, IndexedClient>
  readonly partnerIds: ReadonlySet<string>
  /** The permissions of each requestor, by the requestor's id. */
  readonly requestors: ReadonlyMap<string, ReadonlySet<string>>
  readonly revokedTokenIds: ReadonlySet<string>
}

export interface IndexedClient extends Omit<ClientEntitlement, 'scopes'> {
  /** The current scopes of the client; `undefined` if the server does not send them. */
  readonly scopes: ReadonlySet<string> | undefined
}

const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The only accepted spelling of partner and requestor ids: any other value, such as "*" or "{…}", matches nothing. */
export function isLowerCaseUuid(text: string): boolean {
  return lowerCaseUuid.test(text)
}

/** Takes a document that {@link parseEntitlement} has accepted. */
export function indexEntitlement(document: EntitlementDocument): Entitlement {
  return Object.freeze({
    document,
    clients: new Map(document.clients.map((client) => [client.clientId, { ...client, scopes: client.scopes && new Set(client.scopes) }])),
    partnerIds: new Set(document.partners.map((partner) => partner.id).filter(isLowerCaseUuid)),
    requestors: new Map(document.requestors.map((requestor) => [requestor.id, new Set(requestor.permissions)])),
    revokedTokenIds: new Set(document.revocations.tokenIds),
  })
}
