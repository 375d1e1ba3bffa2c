// Why a request was refused: a sentence with the facts, the changes that can have made it so, and what changes it.
import { problemFixes, problems, type Fixer, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { acceptAtPortal, isAcceptedAtPortal } from './agreement-at-portal.ts'
import type { ChangeRule } from './change-rules.ts'
import type { Step } from './commands.ts'
import type { Facts } from './facts.ts'

export interface Cause {
  readonly who: Fixer
  /** Ends with a full stop. */
  readonly sentence: (facts: Facts) => string
  /** Default: the remedy of the catalogue for the caller, the step of the one who can change it otherwise. */
  readonly remedy?: string | ((facts: Facts) => string)
  readonly step?: (facts: Facts) => Step | undefined
  readonly changes?: (facts: Facts) => readonly ChangeRule[]
  /** Why there is no change, if none is found. */
  readonly unchanged: string | ((facts: Facts) => string)
  /** The change is only likely: what the request sent is not kept. */
  readonly isGuess?: true
}

export const ofTheRequest = 'It was the request itself, not a change.'
export const ofTheServer = 'It was the state of the server, not a change.'

export function remedyOf({ who, remedy }: Cause, facts: Facts): string {
  const { portalUrl } = facts
  if (isAcceptedAtPortal(facts.request.code, portalUrl)) return acceptAtPortal(portalUrl)
  const { code } = facts.request
  const { causes }: ProblemEntry = problems[code]
  const step = who === 'integrator' ? undefined : problemFixes[code].find((fix) => fix.who === who)?.step
  return (typeof remedy === 'function' ? remedy(facts) : remedy) ?? step ?? causes[0]?.remedy ?? ''
}

/** Who can change it, as things are at this server. */
export function fixerOf({ who }: Cause, code: ProblemCode, portalUrl: string | undefined): Fixer {
  return isAcceptedAtPortal(code, portalUrl) ? 'integrator' : who
}

export function nameOf({ organization, request }: Facts): string {
  return organization?.slug === null || organization === null ? `"${request.organizationId ?? 'unknown'}"` : `"${organization.slug}"`
}

export function clientOf({ request }: Facts): string {
  return request.clientId === null ? 'the client' : `the client "${request.clientId}"`
}

/** For the beginning of a sentence. */
export function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
