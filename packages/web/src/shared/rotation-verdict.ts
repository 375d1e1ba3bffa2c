// What is to be said about a rotation: pure functions of its state, the uses of both secrets, and the time.
import type { OperationOutput } from '@countersign/admin'
import { describeAge, describeSpan } from './describe-time.ts'
import { isUrgent, type CutOff } from './rotation-urgency.ts'

export type Rotation = Pick<
  OperationOutput<'rotation.get'>,
  | 'state'
  | 'secrets'
  | 'startedAt'
  | 'windowEndsAt'
  | 'oldSecretLastUsedAt'
  | 'oldSecretUsualGapSeconds'
  | 'confirmableAt'
  | 'endAdvisedAt'
  | 'due'
>
type Use = Pick<OperationOutput<'credentials.uses'>['items'][number], 'credential' | 'address' | 'userAgent' | 'lastAt'>

export type Standing = 'moved' | 'both' | 'old' | 'silent' | 'new'

/** An address from which the secrets are used. */
export interface Place {
  /** Null for the rest, beyond the addresses that are kept. */
  readonly address: string | null
  /** The program that was used last. */
  readonly userAgent: string | null
  readonly oldLastAt: string | null
  readonly newLastAt: string | null
  /**
   * `moved`: used the old secret, and only the new one since. `both`: the new one, but the old one too recently. `old`: only the old one.
   * `silent`: the old one long ago, and the new one never. `new`: never used the old one.
   */
  readonly standing: Standing
}

export type VerdictKind = 'no-secret' | 'one-secret' | 'due' | 'unproven' | 'in-use' | 'cuts-off' | 'can-end'

export interface Verdict {
  readonly kind: VerdictKind
  readonly tone: 'ok' | 'warn' | 'bad' | 'go'
  /** What is so. */
  readonly title: string
  /** What shows it, and what follows. */
  readonly sentences: readonly string[]
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Uses of the old secret that are much older than the rotation say nothing about it. */
const rememberedMs = 7 * dayMs

/** The most recently used first, those that still have the old secret before all others. */
export function findPlaces(rotation: Rotation, uses: readonly Use[], nowMs: number): Place[] {
  const [fresh, old] = rotation.secrets
  if (!fresh || !old) return []
  const since = Date.parse(rotation.startedAt ?? fresh.createdAt) - rememberedMs
  const relevant = uses.filter(
    ({ credential, lastAt }) => credential.id === fresh.id || (credential.id === old.id && Date.parse(lastAt) >= since),
  )
  const quietMs = quietOf(rotation, rotation.endAdvisedAt) ?? hourMs
  const places = [...Map.groupBy(relevant, ({ address }) => address)].map(([address, ofAddress]): Place => {
    const latest = (id: string) => last(ofAddress.filter(({ credential }) => credential.id === id))
    const [ofOld, ofNew] = [latest(old.id), latest(fresh.id)]
    const isRecent = ofOld !== undefined && nowMs - Date.parse(ofOld.lastAt) < quietMs
    const standing = ofNew ? (ofOld ? (isRecent ? 'both' : 'moved') : 'new') : isRecent ? 'old' : 'silent'
    return {
      address,
      userAgent: (last(ofAddress) ?? ofAddress[0]!).userAgent,
      oldLastAt: ofOld?.lastAt ?? null,
      newLastAt: ofNew?.lastAt ?? null,
      standing,
    }
  })
  const rank: Readonly<Record<Standing, number>> = { old: 0, both: 1, silent: 2, moved: 3, new: 4 }
  return places.toSorted((one, other) => rank[one.standing] - rank[other.standing] || lastOf(other) - lastOf(one))
}

/** The places that the end of the old secret would cut off. */
export function cutOffBy(places: readonly Place[]): Place[] {
  return places.filter(({ standing }) => standing === 'old' || standing === 'both' || standing === 'silent')
}

/** Of them those from which the new secret was not used since the old one. */
export function notMovedOf(places: readonly Place[]): Place[] {
  return places.filter(({ oldLastAt, newLastAt }) => oldLastAt !== null && (newLastAt ?? '') <= oldLastAt)
}

/**
 * How long a secret must not have been used before it counts as unused. Undefined if the instant does not say it.
 * @param from from when on the server says so
 */
function quietOf({ oldSecretLastUsedAt, secrets: [fresh] }: Rotation, from: string | null): number | undefined {
  // Where the first use of the new secret came later, the instant says nothing about the old one.
  if (from === null || oldSecretLastUsedAt === null || fresh?.firstUsedAt === from) return undefined
  return Math.max(0, Date.parse(from) - Date.parse(oldSecretLastUsedAt))
}

/** Whether callers have the new secret: the server refuses to cancel the rotation then. */
export function isNewInUse(rotation: Rotation, nowMs: number): boolean {
  const lastUsedAt = rotation.secrets[0]?.lastUsedAt
  const quietMs = quietOf(rotation, rotation.confirmableAt) ?? 0
  return rotation.state === 'overlapping' && typeof lastUsedAt === 'string' && nowMs - Date.parse(lastUsedAt) < quietMs
}

/** What the end of the window would do if it came now; as `cutsOff` of `rotation.list`. */
export function cutsOffOf({ state, endAdvisedAt }: Rotation, nowMs: number): CutOff {
  if (state === 'stable') return null
  if (state === 'issued') return 'new-unused'
  return endAdvisedAt !== null && Date.parse(endAdvisedAt) > nowMs ? 'old-in-use' : null
}

export function judge(rotation: Rotation, places: readonly Place[], nowMs: number): Verdict {
  const { state, secrets, windowEndsAt } = rotation
  if (state === 'stable') return judgeOneSecret(rotation, nowMs)
  const cutsOff = cutsOffOf(rotation, nowMs)
  const left = windowEndsAt === null ? '' : describeSpan(Date.parse(windowEndsAt) - nowMs)
  if (cutsOff === null) {
    return {
      kind: 'can-end',
      tone: 'ok',
      title: 'You can end the old secret now.',
      sentences: [unusedFor(rotation, nowMs), ...moved(places, nowMs)],
    }
  }
  const isNear = isUrgent(rotation, cutsOff, nowMs)
  const kind = isNear ? 'cuts-off' : cutsOff === 'new-unused' ? 'unproven' : 'in-use'
  const ends = isNear ? 'What still uses the old secret then gets no tokens.' : `The old secret ends by itself in ${left}.`
  if (cutsOff === 'new-unused') {
    const isUsed = secrets[1]?.lastUsedAt !== null
    return {
      kind,
      tone: isNear ? (isUsed ? 'bad' : 'warn') : 'go',
      title: isNear ? `The client will be cut off in ${left}.` : 'The new secret was not used yet.',
      sentences: [
        isNear ? 'The new secret was never used.' : 'Nothing shows that it has arrived.',
        userOfOld(rotation, places, nowMs),
        ends,
      ],
    }
  }
  return {
    kind,
    tone: isNear ? 'bad' : 'go',
    title: isNear ? `Callers will be cut off in ${left}.` : 'Not yet: the old secret is in use.',
    sentences: [usualUse(rotation, nowMs) ?? userOfOld(rotation, places, nowMs), ...moved(places, nowMs), ends],
  }
}

function judgeOneSecret({ secrets: [secret], due }: Rotation, nowMs: number): Verdict {
  if (!secret)
    return { kind: 'no-secret', tone: 'bad', title: 'This client has no secret.', sentences: ['It gets no tokens until you make one.'] }
  const age = `It was made ${describeAge(nowMs - Date.parse(secret.createdAt))} ago`
  const end = secret.expiresAt === null ? '' : ` and ends in ${describeSpan(Date.parse(secret.expiresAt) - nowMs)}`
  if (due.isDue) return { kind: 'due', tone: 'warn', title: 'It is time to replace the secret.', sentences: [`${age}${end}.`] }
  return { kind: 'one-secret', tone: 'go', title: 'The client has one secret, and none is being replaced.', sentences: [`${age}${end}.`] }
}

function unusedFor({ oldSecretLastUsedAt }: Rotation, nowMs: number): string {
  if (oldSecretLastUsedAt === null) return 'It was never used.'
  return `It was not used for ${describeAge(nowMs - Date.parse(oldSecretLastUsedAt))}.`
}

/** "It was used about every 20 min, and is quiet for 6 min." Of a secret that may be ended, but was used less often than it has been quiet. */
export function usualUse(rotation: Rotation, nowMs: number): string | undefined {
  const { confirmableAt, oldSecretUsualGapSeconds: gap, oldSecretLastUsedAt: lastAt } = rotation
  if (cutsOffOf(rotation, nowMs) !== 'old-in-use' || gap === null || lastAt === null || Date.parse(confirmableAt!) > nowMs) return undefined
  return `It was used about every ${describeSpan(gap * 1000)}, and is quiet for ${describeAge(nowMs - Date.parse(lastAt))}.`
}

/** Who used the old secret last. */
function userOfOld({ oldSecretLastUsedAt }: Rotation, places: readonly Place[], nowMs: number): string {
  if (oldSecretLastUsedAt === null) return 'The old secret was not used, either.'
  const ago = describeAge(nowMs - Date.parse(oldSecretLastUsedAt))
  const last = places
    .filter(({ oldLastAt }) => oldLastAt !== null)
    .toSorted((one, other) => (one.oldLastAt! < other.oldLastAt! ? 1 : -1))[0]
  return `${last?.address ?? 'A caller'} used the old secret ${ago} ago.`
}

/** "3 of 4 addresses have moved to the new secret; 1 has been silent for 30 h." */
function moved(places: readonly Place[], nowMs: number): string[] {
  const ofOld = places.filter(({ standing }) => standing !== 'new')
  if (ofOld.length === 0) return []
  const count = (standing: Standing) => ofOld.filter((place) => place.standing === standing)
  const silent = count('silent')
  const have = (number: number) => (number === 1 ? 'has' : 'have')
  const first = `${count('moved').length} of ${ofOld.length} ${ofOld.length === 1 ? 'address' : 'addresses'} ${have(ofOld.length)} moved to the new secret`
  if (silent.length === 0) return [`${first}.`]
  const since = Math.max(...silent.map(({ oldLastAt }) => Date.parse(oldLastAt!)))
  const span = describeAge(nowMs - since)
  return [`${first}; ${silent.length} ${have(silent.length)} been silent for ${span}${silent.length > 1 ? ' or longer' : ''}: ask first.`]
}

function last(uses: readonly Use[]): Use | undefined {
  return uses.toSorted((one, other) => (one.lastAt < other.lastAt ? 1 : -1))[0]
}

function lastOf({ oldLastAt, newLastAt }: Place): number {
  return Math.max(oldLastAt === null ? 0 : Date.parse(oldLastAt), newLastAt === null ? 0 : Date.parse(newLastAt))
}

export const stateWords: Readonly<Record<Rotation['state'], string>> = {
  issued: 'new secret not used yet',
  overlapping: 'both secrets are good',
  stable: 'one secret',
}

/** What is said of an address. */
export function describeStanding(
  { standing, oldLastAt }: Place,
  nowMs: number,
): { readonly tone: 'ok' | 'warn' | 'bad' | 'off'; readonly words: string } {
  if (standing === 'moved') return { tone: 'ok', words: 'moved' }
  if (standing === 'new') return { tone: 'ok', words: 'new secret only' }
  if (standing === 'both') return { tone: 'warn', words: 'uses both' }
  if (standing === 'old') return { tone: 'bad', words: 'old secret only' }
  return { tone: 'warn', words: `silent for ${describeAge(nowMs - Date.parse(oldLastAt!))}` }
}
