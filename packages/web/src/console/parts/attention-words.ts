// What an item of "needs attention" says: a chip of two or three words, and one sentence of what is so.
import { describeSpan } from '../../shared/describe-time.ts'
import { countOf, number } from '../../shared/count.ts'

export interface AttentionItem {
  readonly kind: string
  readonly reason: string | null
  readonly version: string | null
  readonly since: string | null
  readonly until: string | null
  readonly count: number | null
}

/** A piece of a sentence: text, a text that a person typed, or an instant that is shown as a time. */
type Piece = string | { readonly typed: string } | { readonly at: string }

export function chipOf({ kind, until, count }: AttentionItem, nowMs: number): string {
  const inTime = until === null ? '' : describeSpan(Date.parse(until) - nowMs)
  const chips: Readonly<Record<string, string>> = {
    'rotation-cuts-off': `Ends in ${inTime}`,
    'credential-ends': `Ends in ${inTime}`,
    'rotation-can-end': 'Can be ended',
    'access-request': count === null || count < 2 ? 'Asked' : `Asked × ${number(count)}`,
    'agreement-refused': `Refused × ${number(count ?? 0)}`,
    'agreement-coming': `In ${inTime}`,
    'secrets-due': 'Due',
    'guard-cut-off': 'Cut off',
    'guard-silent': 'Silent',
  }
  return chips[kind] ?? kind
}

export function factOf({ kind, reason, version, since, until, count }: AttentionItem): readonly Piece[] {
  switch (kind) {
    case 'rotation-cuts-off':
      return [
        'The old secret ends ',
        ...at(until),
        reason === 'new-unused'
          ? ', and the new one was never used. The client gets no tokens from then on.'
          : ', and it is still in use. Its callers get no tokens from then on.',
      ]
    case 'credential-ends':
      return [reason === 'key' ? 'Its public key ends ' : 'Its secret ends ', ...at(until), ', and nothing takes its place.']
    case 'rotation-can-end':
      return ['The old secret is not used any more, and can be ended.']
    case 'agreement-refused':
      return [
        reason === 'missing' ? 'The agreement was never accepted; ' : 'An older version of the agreement was accepted; ',
        typed(version ?? 'another version'),
        ' is required. ',
        `Every call is refused: ${number(count ?? 0)} in the last hour.`,
      ]
    case 'agreement-coming':
      return [
        'Version ',
        typed(version ?? ''),
        ' of the agreement becomes required ',
        ...at(until),
        `; ${countOf(count ?? 0, 'organization has', 'organizations have')} not accepted it.`,
      ]
    case 'access-request':
      return [
        `Asked for ${askedFor[reason ?? ''] ?? 'access'} `,
        ...at(since),
        '.',
        (count ?? 1) > 1 ? ` ${countOf(count ?? 0, 'request waits', 'requests wait')} for an answer.` : '',
      ]
    case 'secrets-due':
      return [`${countOf(count ?? 0, 'secret is', 'secrets are')} due to be replaced.`]
    case 'guard-cut-off':
      return [
        reason === 'blocked'
          ? 'The client of this guard gets no tokens, so the guard learns of no changes.'
          : `${countOf(count ?? 1, 'process of this guard learns', 'processes of this guard learn')} of no changes: what is revoked stays allowed there.`,
      ]
    case 'guard-silent':
      return ['No process of this guard was seen since ', ...at(since), '.']
    default:
      return []
  }
}

const askedFor: Readonly<Record<string, string>> = {
  partner: 'a partner',
  capability: 'a capability',
  scope: 'a scope',
  client: 'a new client',
}

function at(instant: string | null): readonly Piece[] {
  return instant === null ? ['soon'] : [{ at: instant }]
}

function typed(text: string): Piece {
  return { typed: text }
}
