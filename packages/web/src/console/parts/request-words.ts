// What an integrator asks for, and what approving it does, in words.

export interface Asked {
  readonly kind: 'partner' | 'capability' | 'scope' | 'client'
  readonly what: string
  readonly client: string | null
}

/** Text, a partner by its id, a technical word, or a text that a person typed. */
export type Piece = string | { readonly partner: string } | { readonly code: string } | { readonly typed: string }

export function wordsOfAsked({ kind, what, client }: Asked): readonly Piece[] {
  if (kind === 'partner') return ['To act for ', { partner: what }]
  if (kind === 'capability') return ['The capability ', { code: what }]
  if (kind === 'scope') return ['The scope ', { code: what }, ...(client === null ? [] : [' for the client ', { code: client }])]
  return ['A new client, ', { typed: what }]
}

/** What happens when it is approved. */
export function effectOf({ kind, what, client }: Asked, organization: string): readonly Piece[] {
  const who = { typed: organization }
  if (kind === 'partner') return ['Calls of ', who, ' for ', { partner: what }, ' are allowed from now on.']
  if (kind === 'capability') return [who, ' gets the capability ', { code: what }, ' from now on, in every token and every decision.']
  if (kind === 'scope')
    return ['The client ', { code: client ?? '' }, ' of ', who, ' may ask for the scope ', { code: what }, ' from now on.']
  return [
    'A person of ',
    who,
    ' with the role developer can create one client at the portal, with the default scopes of the realm. Its secret is shown there only. Nothing else changes.',
  ]
}

/** Beside organizations:write. */
export function needsClients({ kind }: Asked): boolean {
  return kind === 'scope' || kind === 'client'
}
