// The pieces that sentences about audit events are made of.

/** A piece of a sentence: plain words, or something that a page shows in its own way, such as a link. */
export type EventWord =
  | string
  | { readonly what: 'organization' | 'client' | 'partner' | 'name' | 'code' | 'instant'; readonly text: string }
export type Sentence = readonly EventWord[]

const maxNamed = 3

export function several(partners: readonly string[]): Sentence {
  const rest = partners.length - maxNamed
  const shown = partners.slice(0, maxNamed).flatMap((partner, index) => [index === 0 ? '' : ', ', partnerOf(partner)])
  return rest > 0 ? [...shown, ` and ${count(rest, 'other partner')}`] : shown
}

export function withPermissions(permissions: readonly string[]): Sentence {
  return permissions.length === 0 ? [' without permissions'] : [' with ', code(permissions.join(' '))]
}

export function andTokens(cutTokens: boolean): string {
  return cutTokens ? ' and made all its tokens invalid' : ''
}

/** Of an access request. */
export function askedFor({ asked, what, client }: { readonly asked: string; readonly what: string; readonly client?: string }): Sentence {
  if (asked === 'partner') return ['the partner ', partnerOf(what)]
  if (asked === 'client') return ['a client ', ...quoted(what)]
  if (asked === 'scope')
    return ['the scope ', code(what), ...(client === undefined ? [] : [' of ', { what: 'client' as const, text: client }])]
  return [`the ${asked} `, code(what)]
}

export function partnerOf(id: string): EventWord {
  return { what: 'partner', text: id }
}

export function named(text: string): EventWord {
  return { what: 'name', text: String(text) }
}

/** A name that was chosen freely: it may read like the words around it. */
export function quoted(text: string): Sentence {
  return ['"', named(text), '"']
}

export function code(value: unknown): EventWord {
  return { what: 'code', text: typeof value === 'string' ? value : JSON.stringify(value) }
}

/** @param at ISO 8601, or milliseconds since the epoch */
export function instant(at: string | number): EventWord {
  return { what: 'instant', text: new Date(at).toISOString() }
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
