// Faults of the protocol: each breaks one rule, and an invariant finds it. A rule whose fault no invariant finds would be one that the
// model does not need, or does not know.
import type { InvariantName } from './invariants.ts'
import type { Rules } from './rules.ts'
import type { scopes } from './scopes.ts'

export interface Fault {
  readonly name: string
  readonly breaks: keyof Rules
  /** Where it is found first. */
  readonly scope: keyof typeof scopes
  readonly found: InvariantName
}

export const faults: readonly Fault[] = [
  { name: 'a node answers after its lease', breaks: 'checksLease', scope: 'secrets', found: 'cutOff' },
  { name: 'a node signs without reading the log as far as the store had it', breaks: 'readsToPlace', scope: 'secrets', found: 'ended' },
  { name: 'a node signs what it drafted, whatever it has read since', breaks: 'checksAgain', scope: 'keys', found: 'compromised' },
  { name: 'a node denies a new secret by what it remembers', breaks: 'asksStore', scope: 'secrets', found: 'goodRefused' },
  { name: 'the end of the new secret leaves the end of the old one', breaks: 'keepsExpiry', scope: 'secrets', found: 'lastSecret' },
  { name: 'a staged key signs at once', breaks: 'publishesFirst', scope: 'keys', found: 'publishedBefore' },
  { name: 'a retiring key is retired at once', breaks: 'retainsKeys', scope: 'keys', found: 'published' },
  { name: 'a node does not read changed keys again', breaks: 'reloadsKeys', scope: 'keys', found: 'compromised' },
  { name: 'a node publishes its keys after its lease', breaks: 'hidesOldKeys', scope: 'moreChangesOfKeys', found: 'published' },
  { name: 'a guard does not end a compromised key by its event', breaks: 'namesKeys', scope: 'keys', found: 'compromised' },
  { name: 'a guard that starts from nothing goes on with its keys', breaks: 'readsKeysAnew', scope: 'keys', found: 'compromised' },
  { name: 'a guard connects again without its cursor', breaks: 'sendsCursor', scope: 'events', found: 'ended' },
  { name: 'a guard takes an answer that is older than what it knows', breaks: 'dropsOlder', scope: 'answers', found: 'revisions' },
  { name: 'a guard remembers a document from before a change', breaks: 'learnsCurrent', scope: 'events', found: 'ended' },
  { name: 'a guard forgets another client than the change names', breaks: 'forgetsNamed', scope: 'events', found: 'ended' },
  { name: 'the revocation of a token is not logged', breaks: 'logsTokens', scope: 'answers', found: 'ended' },
  { name: 'a guard counts the age of what it knows from its arrival', breaks: 'countsServerAge', scope: 'events', found: 'ended' },
  { name: 'a guard decides whatever the age of what it knows', breaks: 'checksAge', scope: 'events', found: 'ended' },
  { name: 'a guard waits for a silent stream', breaks: 'endsSilentStream', scope: 'events', found: 'ended' },
]
