// Signing keys as operators see them: states, instants and certificates, and no material.
import { X509Certificate } from 'node:crypto'
import type { OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { findStaged, type KeyRow, type RealmKeyRows } from '../keys/key-rows.ts'
import { maySignFrom, type KeyRules } from '../keys/key-states.ts'
import { certificateMembers } from '../keys/certificate-chain.ts'
import { parseTexts } from '../store/damage.ts'

export type DescribedKey = OperationOutput<'signingKeys.activate'>['key']

/** Without the private key, not even encrypted. */
export type KeyFacts = Omit<KeyRow, 'wrapped_private_key'>

/** @param rows of the realm: which key is in reserve depends on the others */
export function describeSigningKey(row: KeyFacts, { live }: Pick<RealmKeyRows, 'live'>, rules: KeyRules, now: number): DescribedKey {
  const isStaged = row.state === 'staged'
  const signsFrom = (emergency: boolean) => (isStaged ? toInstant(maySignFrom(row as KeyRow, rules, emergency)) : null)
  return {
    keyId: row.kid,
    realm: row.realm,
    algorithm: row.algorithm as DescribedKey['algorithm'],
    state: row.state,
    origin: row.origin,
    createdAt: toInstant(row.created_at),
    ageSeconds: Math.max(0, Math.floor((now - row.created_at) / 1000)),
    publishedAt: row.published_at === 0 ? null : toInstant(row.published_at ?? row.created_at),
    // A key that a version before made was created active.
    activatedAt: toInstantOrNull(row.activated_at ?? (isStaged || row.state_at !== null ? null : row.created_at)),
    stateSince: toInstantOrNull(row.state_at),
    reserve: isStaged && findStaged(live, row.algorithm)[0]?.kid === row.kid,
    maySignFrom: signsFrom(false),
    maySignInEmergencyFrom: signsFrom(true),
    keptUntil: row.state === 'retiring' ? toInstantOrNull(row.retain_until) : null,
    certificates: describeCertificates(row.certificates),
  }
}

/** A damaged row is still listed: by that its key is found. */
function describeCertificates(stored: string | null): DescribedKey['certificates'] {
  return (parseTexts(stored ?? '[]') ?? []).flatMap((der) => {
    try {
      const { subject, validToDate } = new X509Certificate(Buffer.from(der, 'base64'))
      const fingerprint = certificateMembers([der])['x5t#S256']
      return [{ subject: subject.replaceAll('\n', ', '), fingerprint, expiresAt: validToDate.toISOString() }]
    } catch {
      return []
    }
  })
}
