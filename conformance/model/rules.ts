// The rules of the protocol that a fault can break, each in words. In the protocol all of them hold.

export const rules = {
  checksLease: 'A node answers only while its last pull is younger than the lease.',
  readsToPlace: 'Before it signs, a node reads the log as far as the store had it when the audit row of the token was written.',
  checksAgain: 'Before it signs, a node checks client, secret and key again.',
  logsTokens: 'The revocation of a token is logged in its own transaction.',
  publishesFirst: 'A staged key becomes active only after it was published long enough.',
  retainsKeys: 'A retiring key is published until the last token that it signed has ended.',
  reloadsKeys: 'A change of the keys makes a node read the keys again.',
  hidesOldKeys: 'A node publishes keys only while its last pull is younger than the lease.',
  namesKeys: 'The change of a compromised key names it, and a guard ends it at once.',
  readsKeysAnew: 'A guard that starts from nothing forgets the keys that it had, and has the key set of a node.',
  sendsCursor: 'A guard that connects again asks for what it missed.',
  dropsOlder: 'A guard drops an answer that is older than what it knows.',
  learnsCurrent: 'A guard remembers no document that is older than the last change it knows of.',
  forgetsNamed: 'A guard forgets the client that a change names.',
  countsServerAge: 'How old the knowledge of a guard is counts from the last pull of the node.',
  checksAge: 'A guard whose knowledge is older than its bound accepts nothing.',
  endsSilentStream: 'A stream that is silent for longer than its time limit is ended.',
  keepsExpiry: 'If the new secret of a rotation is ended, the old one loses the end that the rotation gave it.',
  asksStore: 'A node denies a secret only after it has read the client from the store.',
} as const

export type Rules = { readonly [Rule in keyof typeof rules]: boolean }

export const allRules = Object.fromEntries(Object.keys(rules).map((rule) => [rule, true])) as Rules
