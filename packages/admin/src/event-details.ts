// What is read of the details of audit events to say them in words. The writer has the whole types (`ChangeDetails` and `RequestDetails`
// of the server), and packages/cli/src/event-words.test.ts compares the two. Logs are kept for years: earlier versions wrote fewer members.

export interface EventDetails {
  'organizations.create': { readonly name: string }
  'organizations.update': {
    readonly name?: string | undefined
    readonly status?: string | undefined
    readonly capabilities?: Readonly<Record<string, unknown>> | undefined
  }
  'organizations.suspend': StatusChange
  'organizations.resume': StatusChange
  'organizations.delete': { readonly slug: string; readonly name: string; readonly clientsTotal?: number }
  'organizations.cutTokens': { readonly tokensNotBefore: number }
  'organizations.lowerCut': LoweredCut
  'capabilities.set': { readonly capability: string; readonly value: unknown }
  'capabilities.remove': { readonly capability: string }
  'partners.register': { readonly partner: string; readonly name: string; readonly before?: string | null }
  'partners.delete': { readonly partner: string; readonly name: string; readonly withdrawnFrom: readonly string[] }
  'partners.authorize': { readonly partner: string }
  'partners.withdraw': { readonly partner: string }
  'partners.change': { readonly authorized: readonly string[]; readonly withdrawn: readonly string[] }
  'requestors.create': { readonly requestor: string; readonly permissions: readonly string[] }
  'requestors.update': { readonly requestor: string; readonly permissions: readonly string[] }
  'requestors.delete': { readonly requestor: string }
  'dpa.publish': { readonly version: string; readonly requiredFrom: string }
  'dpa.accept': { readonly version: string; readonly acceptedBy: string }
  'accessRequests.create': AskedFor
  'accessRequests.approve': AskedFor
  'accessRequests.decline': AskedFor
  'accessRequests.withdraw': AskedFor
  'accessRequests.makeClient': AskedFor
  'invitations.create': { readonly role: string; readonly outsideIdp?: boolean }
  'invitations.withdraw': { readonly role: string }
  'people.join': { readonly name: string; readonly role: string }
  'people.setRole': { readonly name: string; readonly before: string; readonly role: string }
  'people.remove': { readonly name: string }
  'identityProviders.set': { readonly name: string; readonly issuer: string }
  'identityProviders.remove': { readonly name: string }
  'passkeys.add': { readonly name: string }
  'passkeys.remove': { readonly name: string }
  'clients.create': { readonly scopes: readonly string[] }
  'clients.update': {
    readonly name?: string | undefined
    readonly enabled?: boolean | undefined
    readonly serviceAccountEnabled?: boolean | undefined
    readonly scopes?: readonly string[] | undefined
  }
  'clients.delete': { readonly name: string }
  'clients.lowerCut': LoweredCut
  'claimSets.create': { readonly claimSet: string }
  'claimSets.update': { readonly claimSet: string; readonly clients: number }
  'claimSets.delete': { readonly claimSet: string }
  'rotation.start': { readonly windowEndsAt: string | null }
  'rotation.confirm': { readonly force: boolean }
  'rotation.cancel': {}
  'rotation.extend': { readonly windowEndsAt: string | null }
  'rotation.prove': {}
  'rotation.end': {}
  'keys.add': { readonly keys: readonly { readonly keyId: string; readonly algorithm: string }[] }
  'keys.setUri': { readonly jwksUri: string }
  'keys.remove': { readonly keyId: string | null; readonly jwksUri?: string; readonly cutTokens: boolean }
  'signingKeys.stage': SigningKey
  'signingKeys.import': SigningKey
  'signingKeys.activate': SigningKey & { readonly replaces: string | null }
  'signingKeys.retire': SigningKey & { readonly state: string }
  'signingKeys.compromise': SigningKey & { readonly replacedBy: string | null }
  'secrets.revoke': { readonly cutTokens: boolean }
  'secrets.remind': { readonly due: string }
  'token.request': { readonly scope: string }
  'token.introspection': {}
  'token.revocation': { readonly tokensNotBefore?: number }
  'sessions.end': { readonly mount: 'console' | 'portal'; readonly person?: string; readonly name?: string }
  'session.start': { readonly proof: string }
  'session.confirm': { readonly proof?: string }
  'session.end': {}
  request: { readonly method: string; readonly route: string | null }
  'pepper.retire': { readonly pepperVersion: number; readonly endedSecrets: number }
  'keyEncryptionKey.rewrap': { readonly keyEncryptionKeyVersion: number; readonly rewrappedKeys: number }
  'keyEncryptionKey.retire': { readonly keyEncryptionKeyVersion: number }
  'store.restored': { readonly lastEventAt: number | null }
  'store.failover': { readonly from: number; readonly to: number }
  'audit.archive': { readonly class: string; readonly events: number; readonly file: string }
  'audit.remove': { readonly class: string; readonly events: number }
  'audit.removeName': { readonly rows: readonly unknown[] }
  'spool.damaged': { readonly file: string }
}

interface AskedFor {
  readonly asked: string
  readonly what: string
  readonly client?: string
}

interface StatusChange {
  readonly before: string
}

/** Seconds since the epoch. */
interface LoweredCut {
  readonly before: number
  readonly tokensNotBefore: number
}

interface SigningKey {
  readonly keyId: string
  readonly algorithm: string
}
