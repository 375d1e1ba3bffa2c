// Which version of the agreement is to be accepted next, and until when. Versions are listed with the highest first.
import type { OperationOutput } from '@countersign/admin'

type Standing = Pick<OperationOutput<'organizations.get'>['dpa'], 'status' | 'requiredVersion' | 'acceptedVersion'>
type Version = Pick<OperationOutput<'dpa.versions'>['items'][number], 'version' | 'requiredFrom'>

export interface NextAgreement {
  readonly version: string
  /** From then on calls are refused without it; null if they are now. */
  readonly requiredFrom: string | null
}

/** Undefined if what is accepted stays enough. */
export function nextAgreement(dpa: Standing, versions: readonly Version[], nowMs: number): NextAgreement | undefined {
  if (dpa.status === 'missing' || dpa.status === 'outdated')
    return dpa.requiredVersion === null ? undefined : { version: dpa.requiredVersion, requiredFrom: null }
  const accepted = versions.findIndex(({ version }) => version === dpa.acceptedVersion)
  const higher = accepted === -1 ? versions : versions.slice(0, accepted)
  const next = higher.findLast(({ requiredFrom }) => requiredFrom !== null && Date.parse(requiredFrom) > nowMs)
  return next?.requiredFrom ? { version: next.version, requiredFrom: next.requiredFrom } : undefined
}
