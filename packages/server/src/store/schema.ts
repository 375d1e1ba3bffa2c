// The tables, as Kysely sees them. Instants are milliseconds since the epoch, truth values 0 or 1, lists and records JSON
// text, so that SQLite and PostgreSQL hold the same rows.
import type { Generated } from 'kysely'

export interface Schema {
  settings: { name: string; value: string }
  organizations: {
    id: string
    realm: string
    slug: string
    name: string
    status: 'active' | 'suspended'
    capabilities: string
    tokens_not_before: number
    version: Generated<number>
    created_at: number
    updated_at: number
  }
  partners: { id: string; realm: string; name: string; created_at: number }
  partner_authorizations: { organization_id: string; partner_id: string; created_at: number }
  dpa_acceptances: { id: string; organization_id: string; version: string; accepted_by: string; accepted_at: number }
  requestors: { id: string; organization_id: string; permissions: string; created_at: number; updated_at: number }
  clients: {
    id: string
    realm: string
    client_id: string
    organization_id: string
    name: string
    enabled: number
    service_account_enabled: number
    scopes: string
    access_token_lifetime: number | null
    authentication_methods: Generated<string>
    tokens_not_before: Generated<number>
    version: Generated<number>
    created_at: number
    updated_at: number
  }
  client_secrets: {
    id: string
    client: string
    digest: Uint8Array
    pepper_version: number
    last_four: string
    created_at: number
    expires_at: number | null
    /** Of an old secret: when it would end if there were no rotation. */
    expires_at_before_rotation: Generated<number | null>
    /** Who started the rotation that made it; null for first secrets and those of version 0.1.0. */
    started_by: Generated<'client' | 'operator' | null>
    first_used_at: Generated<number | null>
    last_used_at: Generated<number | null>
    reminded_at: Generated<number | null>
    /** When the last of the tokens ends that were issued by it. */
    tokens_end_at: Generated<number | null>
  }
  signing_keys: {
    kid: string
    realm: string
    algorithm: string
    state: 'staged' | 'active' | 'retiring' | 'retired' | 'compromised'
    wrapped_private_key: string
    created_at: number
  }
  revoked_tokens: {
    token_id: string
    realm: string
    organization_id: string
    /** The internal id of its client; null in rows of older versions. */
    client: string | null
    /** Seconds since the epoch, as in the token; null in rows of older versions. */
    issued_at: number | null
    /** From then on every guard refuses it by its age. */
    expires_at: number
    revoked_at: number
  }
  /** Clients that were deleted a moment ago. */
  deleted_clients: { realm: string; client_id: string; deleted_at: number }
  audit_events: {
    /** Instant, node and number of the event on its node, in hexadecimal digits: sorts by time. */
    id: string
    at: number
    kind: string
    outcome: 'success' | 'refused'
    reason: string | null
    realm: string | null
    organization_id: string | null
    client_id: string | null
    address: string | null
    request_id: string | null
    detail: string
    /** Of the row, under a key that is not in the store; empty for rows older than the chain. */
    mac: string
  }
  audit_seals: { node: string; number: number; sealed_at: number; last_event: number; skipped: string; mac: string }
  /** One row: the number of the last change. */
  epoch: { id: number; value: number }
  /**
   * What changed, for the other nodes; without an organization it is the whole realm. The identity is random, so that the same
   * number in another history is not taken for it; null only in rows from before there were identities. `subject` is the client id
   * where a client changed, the token id where a token did. Versions before 010 write neither: then it is all of the organization.
   */
  changes: {
    number: number
    realm: string
    organization_id: string | null
    at: number
    identity: string | null
    what: Generated<string>
    subject: Generated<string | null>
  }
  dpa_versions: { realm: string; version: string; required_from: number; description: string; published_at: number }
  idempotency_keys: { actor: string; key: string; request_digest: string; answer: string; created_at: number }
}
