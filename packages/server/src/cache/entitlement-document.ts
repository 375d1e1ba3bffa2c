// Lays out what a guard must know about a client and its organization, from their records.
import { dpaStatus, type ClientRights, type OrganizationRights, type RateLimit, type SecretSummary } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { subjectOf } from '../realms/subject.ts'
import type { ClientRecord, OrganizationRecord, SecretRecord } from './records.ts'

/** @param requiredVersion the version of the Data Processing Agreement that is required now */
export function organizationRights(realm: Realm, organization: OrganizationRecord, requiredVersion: string | null): OrganizationRights {
  const { id, slug, name, status, partners, requestors, capabilities, acceptance } = organization
  return {
    id,
    slug,
    name,
    status,
    capabilities,
    dpa: {
      status: dpaStatus(requiredVersion, acceptance?.version ?? null),
      requiredVersion,
      acceptedVersion: acceptance?.version ?? null,
      acceptedAt: acceptance ? new Date(acceptance.acceptedAt).toISOString() : null,
    },
    rateLimit: rateLimitOf(realm, capabilities['rateLimitTier']),
    tokensNotBefore: Math.max(realm.tokensNotBefore, organization.tokensNotBefore),
    partners,
    requestors,
  }
}

export function clientRights(realm: Realm, client: ClientRecord, revokedTokenIds: readonly string[]): ClientRights {
  return {
    clientId: client.clientId,
    subject: subjectOf(realm, client),
    scopes: client.scopes,
    ...(realm.apis.size > 0 && { apiScopes: scopesByApi(realm, client.scopes) }),
    enabled: client.enabled && client.serviceAccountEnabled,
    tokensNotBefore: client.tokensNotBefore,
    revokedTokenIds,
    secret: summarizeSecret(client),
  }
}

/** Those of each API of the realm, so that its guards do not count those of another one. */
function scopesByApi({ audience = '', apis, scopes: declared }: Realm, scopes: readonly string[]): Record<string, string[]> {
  const ofOthers = (scope: string) => [...apis.values()].some((others) => others.has(scope))
  const own = scopes.filter((scope) => declared.includes(scope) && !ofOthers(scope))
  return Object.fromEntries([
    [audience, own],
    ...[...apis].map(([api, ofApi]) => [api, scopes.filter((scope) => ofApi.has(scope))] as const),
  ])
}

/** The newest secret; a rotation is under way while an older one is also valid. */
function summarizeSecret({ secrets: [newest, older] }: ClientRecord): SecretSummary | null {
  if (!newest) return null
  const endsAt = older?.expiresAt ?? null
  return {
    id: newest.id,
    createdAt: new Date(newest.createdAt).toISOString(),
    expiresAt: newest.expiresAt === null ? null : new Date(newest.expiresAt).toISOString(),
    rotation:
      endsAt === null ? null : { state: newest.firstUsedAt === null ? 'issued' : 'overlapping', endsAt: new Date(endsAt).toISOString() },
    due: newest.remindedAt !== null || isWarnedOf(newest, older),
  }
}

/** The window ends soon and the new secret has not been used; reported until it is. */
function isWarnedOf(newest: SecretRecord, older: SecretRecord | undefined): boolean {
  return newest.firstUsedAt === null && (older?.remindedAt ?? 0) >= newest.createdAt
}

function rateLimitOf(realm: Realm, tier: unknown): RateLimit | null {
  const settings = typeof tier === 'string' ? realm.rateLimitTiers[tier] : undefined
  return settings && typeof tier === 'string' ? { tier, limit: settings.requests, windowSeconds: settings.per } : null
}
