// How a client stands, as one chip: what bars it first, then its rotation, then whether it gets tokens: its calls may be refused all the same.
import type { Tone } from './components/chip.tsx'

export interface ClientFacts {
  readonly enabled: boolean
  readonly serviceAccountEnabled: boolean
  readonly rotation: 'stable' | 'issued' | 'overlapping'
  /** Whether the secret is due by its age or its end. */
  readonly isDue: boolean
  /** False for a client without secret and key. */
  readonly hasCredential: boolean
  /** The last authentication; null if there was none. */
  readonly lastUsedAt: string | null
}

export interface ClientState {
  readonly tone: Tone
  readonly word: string
}

const dayMs = 86_400_000

/** @param nowMs milliseconds since the epoch */
export function describeClient(client: ClientFacts, nowMs: number): ClientState {
  const { enabled, serviceAccountEnabled, rotation, isDue, hasCredential, lastUsedAt } = client
  if (!enabled) return { tone: 'off', word: 'disabled' }
  if (!serviceAccountEnabled) return { tone: 'off', word: 'service account is off' }
  if (!hasCredential) return { tone: 'bad', word: 'no secret' }
  if (rotation === 'issued') return { tone: 'go', word: 'new secret not used yet' }
  if (rotation === 'overlapping') return { tone: 'go', word: 'both secrets are good' }
  if (isDue) return { tone: 'warn', word: 'secret is due' }
  if (lastUsedAt === null) return { tone: 'off', word: 'never used' }
  return nowMs - Date.parse(lastUsedAt) < dayMs ? { tone: 'ok', word: 'gets tokens' } : { tone: 'off', word: 'silent' }
}

interface Used {
  readonly lastUsedAt: string | null
}

/** The last of several uses; instants in UTC sort as texts. @param uses the latest first, also of credentials that have ended */
export function lastUseOf(credentials: readonly Used[], uses: readonly { readonly lastAt: string }[] = []): string | null {
  return credentials.reduce<string | null>(
    (last, { lastUsedAt }) => (last === null || (lastUsedAt ?? '') > last ? lastUsedAt : last),
    uses[0]?.lastAt ?? null,
  )
}

export function rotationOf(secrets: readonly { readonly state: string; readonly firstUsedAt: string | null }[]): ClientFacts['rotation'] {
  const fresh = secrets.find(({ state }) => state === 'new')
  if (!fresh) return 'stable'
  return fresh.firstUsedAt === null ? 'issued' : 'overlapping'
}
