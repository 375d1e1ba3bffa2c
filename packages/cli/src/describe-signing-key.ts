// The output of commands on signing keys: the facts of a key, what a change did, and the next step.
import type { OperationOutput } from '@countersign/admin'
import type { RealmOptions } from './operator-command.ts'
import { formatFacts } from './output.ts'

type Changed = OperationOutput<'signingKeys.activate'>
export type SigningKey = Changed['key']

/** Before a key is marked compromised: what happens if no other one may take its place yet; `undefined` if one may, or if it does not sign. */
export function warnOfOutage(keys: readonly SigningKey[], keyId: string, now: number): string | undefined {
  const ended = keys.find((key) => key.keyId === keyId)
  if (ended?.state !== 'active') return undefined
  const { algorithm } = ended
  const instants = keys
    .filter((key) => key.state === 'staged' && key.algorithm === algorithm)
    .map(({ maySignInEmergencyFrom }) => maySignInEmergencyFrom ?? '')
  const [from] = instants.toSorted()
  if (from === undefined)
    return `No key of ${algorithm} is in reserve. The server makes one; of several servers, all answer token requests with 503 until each publishes it.`
  if (Date.parse(from) <= now) return undefined
  return `No other key of ${algorithm} may sign yet: token requests will get 503 until ${from}.`
}

/** The column NEXT. */
export function nextStepOf({ state, maySignFrom, keptUntil, stateSince }: SigningKey): string {
  if (state === 'staged') return maySignFrom === null ? '-' : `may sign from ${maySignFrom}`
  if (state === 'retiring') return keptUntil === null ? '-' : `kept until ${keptUntil}`
  return state === 'active' || stateSince === null ? '-' : `${state} ${stateSince}`
}

export function describeSigningKey(key: SigningKey): string {
  const { state, reserve, certificates } = key
  const facts = [
    ['key id', key.keyId],
    ['algorithm', key.algorithm],
    ['state', reserve ? `${state}: in reserve` : state],
    ['origin', key.origin],
    ['published', state === 'compromised' || state === 'retired' ? null : (key.publishedAt ?? 'before it was imported')],
    ['activated', key.activatedAt],
    ['may sign from', key.maySignFrom],
    ['in an emergency from', key.maySignInEmergencyFrom],
    ['kept until', key.keptUntil],
    ...certificates.map(({ subject, expiresAt }) => ['certificate', `${subject}, until ${expiresAt}`] as const),
  ] as const
  return formatFacts(facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])))
}

export function describeChange(changed: Changed, { realm }: RealmOptions): string {
  const { key } = changed
  const parts = {
    staged: () => [afterStaged(key, realm)],
    active: () => [afterActive(changed)],
    retiring: () => [],
    retired: () => ['Its private key is erased, and the JWKS does not have it any more.'],
    compromised: () => afterCompromised(changed, realm),
  }[key.state]()
  return [describeSigningKey(key), ...parts].join('\n\n')
}

function afterStaged({ keyId, maySignFrom }: SigningKey, realm: string): string {
  const isDue = maySignFrom !== null && Date.parse(maySignFrom) <= Date.now()
  return `Next: ${isDue ? 'it may sign now' : `from ${maySignFrom} on`}; to sign with it, run:\n  countersign key activate ${keyId} --realm ${realm}`
}

function afterActive({ replaced }: Changed): string {
  if (!replaced) return 'It signs from now on.'
  return `It signs from now on, in place of ${replaced.keyId}, which stays published until ${replaced.keptUntil}, when its last token has expired. Then the server retires it.`
}

function afterCompromised({ key, successor, noSignatureUntil }: Changed, realm: string): string[] {
  const signs = successor
    ? `It is replaced by ${successor.keyId} (${successor.algorithm}), which has signed since ${successor.activatedAt}.`
    : noSignatureUntil !== null
      ? `No other key of ${key.algorithm} may sign yet: token requests get 503 until ${noSignatureUntil}.`
      : key.activatedAt === null
        ? 'It never signed a token.'
        : 'It signed nothing any more, so no key takes its place.'
  if (key.activatedAt === null) return [signs]
  return [
    signs,
    'Its tokens are rejected: by this server now, by guards of Countersign within a second of hearing of it. Clients that get a 401 request a new token.',
    `Next: let every other verifier fetch the JWKS again: restart it, or empty its cache of keys. Until then it accepts tokens of the key, also forged ones. See docs/keys.md.\n  countersign key list --realm ${realm} --ended`,
  ]
}
