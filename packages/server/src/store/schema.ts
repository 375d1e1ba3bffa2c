// The tables, as Kysely sees them. Instants are milliseconds since the epoch, truth values 0 or 1, lists and records JSON
// text, so that SQLite and PostgreSQL hold the same rows.
import type { CredentialKind } from '@countersign/protocol'
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
  dpa_acceptances: {
    id: string
    organization_id: string
    version: string
    accepted_by: string
    accepted_at: number
    /** Of the text that was read; null if the version had none. */
    text_digest: Generated<string | null>
    /** Who accepted it in the portal. */
    person: Generated<string | null>
  }
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
    /** Null for the realm's own. */
    signing_algorithm: Generated<string | null>
    authentication_methods: Generated<string>
    tokens_not_before: Generated<number>
    version: Generated<number>
    /** The `sub` of its tokens, if it is not the usual one of the realm. */
    subject: Generated<string | null>
    /** The scopes of a token if none are requested; null for all of them. */
    default_scopes: Generated<string | null>
    /** The name of its claim set. */
    claim_set: Generated<string | null>
    own_grant: Generated<string | null>
    /** What single scopes add, by scope. */
    scope_grants: Generated<string | null>
    /** The `typ` in the header of its tokens, if it is not that of the profile. */
    header_type: Generated<'at+jwt' | null>
    /** Of an operator that may change operators. */
    role: Generated<'owner' | null>
    /** The realms that an operator is limited to; null for all. */
    operator_realms: Generated<string | null>
    /** The admin scopes that a client has in its own realm; null for none, and in the realm of the operators. */
    operator_scopes: Generated<string | null>
    created_at: number
    updated_at: number
  }
  /** Grants that clients share; a client names one. */
  claim_sets: {
    realm: string
    name: string
    description: string
    /** The grant. */
    content: string
    version: Generated<number>
    created_at: number
    updated_at: number
  }
  /** Of all kinds; every statement that means secrets says so. On PostgreSQL the version before has a view of the secrets. */
  credentials: {
    id: string
    client: string
    kind: Generated<CredentialKind>
    /** What a request is checked against: the digest of a secret; a public JWK, or where to fetch public keys, as JSON (clients/key-material.ts). */
    material: Uint8Array
    /** Of the pepper that the digest was made with; 0 for other kinds. */
    digest_version: number
    /** Whether the server made it, or it was brought along from another one. */
    origin: Generated<'generated' | 'imported'>
    last_four: string
    created_at: number
    expires_at: number | null
    /** Only on an old secret: when it would end without a rotation. */
    expires_at_before_rotation: Generated<number | null>
    /** Which side started the rotation that created it; null for first secrets and those of version 0.1.0. */
    started_by: Generated<'client' | 'operator' | null>
    first_used_at: Generated<number | null>
    last_used_at: Generated<number | null>
    reminded_at: Generated<number | null>
    /** When the last token issued by this secret expires. */
    tokens_end_at: Generated<number | null>
  }
  /** Assertions by which clients authenticated, each good for one request on all nodes (clients/used-assertions.ts). */
  used_assertions: {
    /** The internal id of the client. */
    client: string
    /** Of its identifier (`jti`). */
    digest: string
    /** Random, of the request that used it: an insert whose outcome is unknown can be repeated. */
    used_by: string
    /** After this instant no node accepts it any more. */
    expires_at: number
  }
  signing_keys: {
    kid: string
    realm: string
    algorithm: string
    state: 'staged' | 'active' | 'retiring' | 'retired' | 'compromised'
    /** 1 if it was made for single clients, and not for the realm's own algorithm. */
    further: Generated<number>
    /** Empty once the key is retired or compromised. */
    wrapped_private_key: string
    /** When it was staged. */
    created_at: number
    /** RFC 7638; null in rows that a version before 017 inserted, whose `kid` it is. */
    thumbprint: Generated<string | null>
    origin: Generated<'made' | 'imported'>
    /** The certificate of the key, then those of its issuers, each base64 of DER, as JSON; null for none. */
    certificates: Generated<string | null>
    /** Since when verifiers can know it; 0 if they knew it before it was imported; null in rows of a version before 017. */
    published_at: Generated<number | null>
    activated_at: Generated<number | null>
    /** Until then tokens that it signed may be valid. */
    retain_until: Generated<number | null>
    /** The last change of its state. */
    state_at: Generated<number | null>
    /** No token that it signed, or may sign, lives longer. Seconds. */
    longest_lifetime: Generated<number>
  }
  revoked_tokens: {
    token_id: string
    realm: string
    organization_id: string
    /** The internal id of its client; null in rows of older versions. */
    client: string | null
    /** Seconds since the epoch, as in the token; null in rows of older versions. */
    issued_at: number | null
    /** After this instant every guard rejects the token as expired. */
    expires_at: number
    revoked_at: number
  }
  /** Clients that were deleted a moment ago. */
  /** Of nodes that run on PostgreSQL: how far the database's clock is ahead of theirs, and when they measured it, by that clock. */
  node_clocks: { node: string; difference: number; measured_at: number }
  /** Of running nodes on PostgreSQL: the check value of each version that the node has, as JSON, and when it last said so, by the database's clock. */
  node_key_rings: { node: string; purpose: string; versions: string; seen_at: number }
  /** Of running nodes on PostgreSQL: what each last said of itself, as JSON (monitoring/node-report.ts), and when, by the database's clock. */
  node_reports: { node: string; host: string; version: string; started_at: number; seen_at: number; report: string }
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
    /** MAC of the row, under a key that is not in the store; empty for rows older than the chain. */
    mac: string
    /** Version of the protected columns, which the MAC covers: audit/events/event-row.ts. */
    layout: Generated<number>
    actor_kind: Generated<string | null>
    actor_id: Generated<string | null>
    actor_realm: Generated<string | null>
    actor_via: Generated<string | null>
    on_behalf_of: Generated<string | null>
    caller_request_id: Generated<string | null>
    trace_id: Generated<string | null>
  }
  /** Events that were stored later than usual, by node and range of ids, in the order in which they came: audit/arrivals.ts. */
  audit_arrivals: { number: number; node: string; first_id: string; last_id: string }
  audit_seals: { node: string; number: number; sealed_at: number; last_event: number; skipped: string; mac: string }
  /** Records of events that retention removed from audit_events, and of their archives (audit/retention/pieces.ts). Never deleted. */
  audit_pieces: {
    id: string
    class: string
    /** The ids of its first and its last event. */
    first_id: string
    last_id: string
    events: number
    /** The name of the archive, its size in bytes and its SHA-256; null if it was removed without one. */
    file: string | null
    bytes: number | null
    sha256: string | null
    /** JSON: the numbers of the events, by node. */
    removed: string
    recorded_at: number
    /** Null until the last of its events is deleted. */
    removed_at: number | null
    /** Under the key of audit_events. */
    mac: string
  }
  /** One row: the revision, which is the number of the last change. */
  epoch: { id: number; value: number }
  /**
   * Changes, for the other nodes; without an organization the whole realm. The identity is random, so that the same number in
   * another history is not mistaken for it; null only in rows older than this column. `subject` is the client id if a client
   * changed, the token id if a token did, the key id if a signing key was compromised; `client_id` is the client in both cases. Versions before 011 do not write it, and versions
   * before 010 no `what` either: what such a row lacks widens it.
   */
  changes: {
    number: number
    realm: string
    organization_id: string | null
    at: number
    identity: string | null
    what: Generated<string>
    subject: Generated<string | null>
    client_id: Generated<string | null>
  }
  /** Requests that guards and this server refused, each told by one reporter. Thinned out, and kept for a time: the log of record is audit_events. */
  refusals: {
    /** Of a guard its own, of this server that of its response. */
    request_id: string
    /** The client id of the guard that reported it; empty for this server itself. */
    reporter: string
    realm: string
    at: number
    /** `guard`, or the kind of endpoint (http/endpoints.ts). */
    source: string
    /** The process of a guard, and how its API calls itself. */
    guard: string | null
    api: string | null
    method: string | null
    route: string | null
    /** A problem of the catalogue. */
    code: string
    /** The reason of the audit log, which the response does not tell. */
    reason: string | null
    organization_id: string | null
    client_id: string | null
    /** Of IPv6 the first 64 bits. */
    address: string | null
    /** The `X-Request-Id` that the caller sent; in rows of guards of earlier versions the id of the API. */
    caller_request_id: string | null
    /** The id in the log of the API. */
    api_request_id: string | null
    /** JSON: what only an explanation needs (refusals/refusal.ts). */
    detail: string
    /** 1 for the first of its kind and one a minute, which are kept longer than the rest. */
    sample: number
  }
  /** The processes of guards that report, and what they last said of themselves. */
  reporting_guards: {
    realm: string
    reporter: string
    guard: string
    api: string | null
    first_seen_at: number
    seen_at: number
    /** The number of its last report. */
    last_number: number
    mode: string
    connected: number
    revision: number | null
    /** Since when what it knows may be old, in milliseconds since the epoch; null before its first answer. */
    known_as_of: number | null
    report_only_until: number | null
    lost_refusals: number
    lost_counts: number
    /** Of its package; null for one that does not say it. */
    version: Generated<string | null>
  }
  /** Routes that guards protect, by the name of the API. */
  guarded_routes: {
    realm: string
    reporter: string
    api: string
    method: string
    route: string
    /** JSON. */
    requires: string
    report_only_until: number | null
    seen_at: number
  }
  /** What was used, by hour and by day. Empty texts stand for "none" or "others", so that all of it is the key. */
  usage: {
    realm: string
    client_id: string
    organization_id: string
    step: 'hour' | 'day'
    /** Milliseconds since the epoch. */
    start: number
    /** `token`: a request to the token endpoint, of a credential. `call`: a decision of a guard, about a route. */
    what: 'token' | 'call'
    /** The id of the credential, or method and template of the route. */
    subject: string
    /** `issued` or `allowed`, or the problem. */
    outcome: string
    count: number
  }
  /** From where and by which program each credential was used; kept after its end, as evidence. */
  credential_uses: {
    credential: string
    realm: string
    client_id: string
    organization_id: string
    kind: CredentialKind
    /** The last four characters of a secret, the key id of a key; null for a key without one. */
    label: string | null
    /** Of IPv6 the first 64 bits; empty for those beyond the bound. */
    address: string
    user_agent: string
    first_at: number
    last_at: number
    count: number
  }
  /** The identity provider (IdP) of an organization, at which its people sign in to the portal. */
  identity_providers: {
    organization_id: string
    name: string
    issuer: string
    /** Of the client that the IdP has for the portal, as is its secret. */
    oidc_client_id: string
    /** Under the key-encryption key. */
    wrapped_secret: string
    /** With the groups of a person. */
    claim: string
    /** Besides `openid`; a list. */
    requested_scopes: string
    /** Role by group. */
    group_roles: string
    /** Role of every person of the IdP; null if only groups have one. */
    everyone_role: 'viewer' | 'developer' | 'admin' | null
    changed_at: number
  }
  /** Who may sign in as a person: by a passkey, or at the IdP of its organization or of the operators. */
  people: {
    id: string
    realm: string
    organization_id: string
    /** At the portal; null for a person of an IdP, whose groups decide. */
    role: 'viewer' | 'developer' | 'admin' | null
    name: string
    /** Work email address, as typed or as the identity provider sent it. */
    address: string | null
    /** Of the IdP; null for passkeys. */
    issuer: string | null
    subject: string | null
    /** What the IdP said at the last sign-in, from which the scopes or the role of now follow; a list. */
    groups: string | null
    /** Sessions that began before are over. */
    not_before: Generated<number>
    created_at: number
    last_signed_in_at: number | null
  }
  passkeys: {
    /** Of the credential, in base64url. */
    id: string
    person: string
    /** Names it to its owner. */
    name: string
    /** COSE. */
    public_key: Uint8Array
    counter: number
    /** A list. */
    transports: string
    created_at: number
    last_used_at: number | null
  }
  /** Challenges by which a person signed in: each is good for one sign-in on all nodes. */
  spent_challenges: { digest: string; ends_at: number }
  invitations: {
    id: string
    /** HMAC of what the link has, under a version of the pepper. */
    digest: string
    organization_id: string
    role: 'viewer' | 'developer' | 'admin'
    /** Name of the operator or of the colleague. */
    invited_by: string
    /** The id of the colleague; null for an operator. */
    inviter: string | null
    created_at: number
    ends_at: number
    accepted_at: number | null
    withdrawn_at: number | null
    person: string | null
  }
  /** What an integrator asks the provider for. */
  access_requests: {
    id: string
    organization_id: string
    kind: 'partner' | 'capability' | 'scope' | 'client'
    /** Id of the partner, name of the capability or the scope, name of the client. */
    what: string
    /** Of a scope: the client that is to have it. */
    client_id: string | null
    note: string
    /** `done`: an approved client was created. */
    state: 'open' | 'approved' | 'declined' | 'withdrawn' | 'done'
    asked_by: string
    asked_at: number
    /** What the provider answered, for the integrator. */
    answer: string | null
    answered_at: number | null
  }
  /** The text of a version of the DPA, and its SHA-256 in hexadecimal digits. */
  dpa_texts: { realm: string; version: string; text: string; digest: string }
  /** Of those who have signed in to pages: a client, or a person. */
  sessions: {
    /** HMAC of what the cookie has, under a version of the pepper. */
    digest: string
    /** Names the session to people. */
    id: string
    mount: 'console' | 'portal'
    /** The internal id; null for a person. */
    client: string | null
    /** The id of the secret that the session depends on; null for a person. */
    credential: string | null
    person: string | null
    /** The `sid` of the IdP, by which it can end the session. */
    idp_session: string | null
    signed_in_at: number
    /** The last time that a person did something. */
    seen_at: number
    /** The last time that the secret was entered. */
    confirmed_at: number
    ends_at: number
    address: string
    user_agent: string
  }
  dpa_versions: { realm: string; version: string; required_from: number; description: string; published_at: number }
  idempotency_keys: { actor: string; key: string; request_digest: string; answer: string; created_at: number }
}
