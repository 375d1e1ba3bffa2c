// What an integrator asks the provider for, in words.
import type { OperationOutput } from '@countersign/admin'
import type { Tone } from '../shared/components/chip.tsx'

export type AccessRequest = OperationOutput<'accessRequests.ofOrganization'>['items'][number]
export type Kind = AccessRequest['kind']
type State = AccessRequest['state']

export interface KindWords {
  /** Behind "Ask for". */
  readonly one: string
  /** What the field is called. */
  readonly field: string
  readonly why: string
}

export const kinds: Readonly<Record<Kind, KindWords>> = {
  partner: {
    one: 'a partner',
    field: 'Id of the partner',
    why: 'So that you may act for it. The provider knows the id, or the partner tells you.',
  },
  capability: { one: 'a capability', field: 'Name of the capability', why: 'A refusal with capability-missing names it.' },
  scope: { one: 'a scope', field: 'Scope', why: 'So that the client can request it with its tokens.' },
  client: {
    one: 'a client',
    field: 'Name of the client',
    why: 'A client is a backend of yours. Once it is approved, you make it here, with its secret.',
  },
}

export const states: Readonly<Record<State, readonly [Tone, string]>> = {
  open: ['go', 'waits for the provider'],
  approved: ['ok', 'approved'],
  declined: ['bad', 'declined'],
  withdrawn: ['off', 'withdrawn'],
  done: ['ok', 'made'],
}

/** Approved, but the client was not made yet. */
export function canMakeClient({ kind, state }: Pick<AccessRequest, 'kind' | 'state'>): boolean {
  return kind === 'client' && state === 'approved'
}
