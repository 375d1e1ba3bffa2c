// From where and by which program each credential is used, as evidence after a leak. Noted in memory where a client has authenticated,
// written every ten seconds, during a rotation every second. A client chooses its User-Agent and has many addresses: of each credential a
// number of pairs is kept, the rest counts together under an empty address.
import { networkOf, type CredentialKind } from '@countersign/protocol'
import type { Store } from '../store/store.ts'
import { createBacklog } from './backlog.ts'
import { readUserAgent } from './user-agent.ts'
import { readPairsOf, writeCredentialUses } from './write-credential-uses.ts'

/** A credential, and whose it is. */
export interface UsedCredential {
  readonly id: string
  readonly kind: CredentialKind
  /** The last four characters of a secret, the id of a key. */
  readonly label: string | null
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
}

/** A client that has authenticated, and its credential. */
export interface Authenticated {
  readonly client: {
    readonly realm: string
    readonly clientId: string
    readonly organization: { readonly id: string }
    readonly secrets: readonly { readonly id: string; readonly lastFour: string }[]
  }
  readonly credential: Pick<UsedCredential, 'id' | 'kind'> & { readonly keyId?: string }
}

export interface CredentialUses {
  /**
   * @param userAgent as the request has it
   * @param isUrgent true during a rotation: an operator waits for it
   */
  note(authenticated: Authenticated, address: string, userAgent: string | undefined, now: number, isUrgent: boolean): void
  write(): Promise<void>
  close(): Promise<void>
}

/** The uses of a credential by one address and program. */
export interface PairUses {
  readonly credential: UsedCredential
  readonly address: string
  readonly userAgent: string
  firstAt: number
  lastAt: number
  count: number
}

interface CredentialUsesOptions {
  readonly store: Pick<Store, 'backgroundPool' | 'hintUses'>
  readonly onFailure: (error: Error) => void
  /** Pairs in memory. */
  readonly maxWaiting?: number
}

const usualIntervalMs = 10_000
const urgentIntervalMs = 1000
const pairsPerStatement = 500
/** Pairs with an address of one credential. */
export const maxPairs = 32

export function createCredentialUses({ store, onFailure, maxWaiting = 20_000 }: CredentialUsesOptions): CredentialUses {
  const { backgroundPool: db } = store
  let isUrgent = false
  const backlog = createBacklog<PairUses>({ batchSize: pairsPerStatement, writeBatch, putBack: add, onFailure })
  const timers = [
    setInterval(() => void backlog.write(), usualIntervalMs).unref(),
    setInterval(() => {
      if (!isUrgent) return
      isUrgent = false
      void backlog.write().then(store.hintUses)
    }, urgentIntervalMs).unref(),
  ]

  function add(uses: PairUses): void {
    const { credential, address, userAgent, firstAt, lastAt, count } = uses
    const key = keyOf(credential.id, address, userAgent)
    const known = backlog.get(key)
    if (known) addTo(known, firstAt, lastAt, count)
    else if (backlog.size < maxWaiting || address === '') backlog.set(key, uses)
    else add(withoutPair(uses))
  }

  /** The bound holds for what is stored, over all nodes. */
  async function writeBatch(batch: readonly PairUses[]): Promise<void> {
    const pairsOf = await readPairsOf(db, batch)
    await writeCredentialUses(
      db,
      batch.map((uses) => {
        const pairs = pairsOf(uses.credential.id)
        const pair = `${uses.address} ${uses.userAgent}`
        if (pairs.size < maxPairs && uses.address !== '') pairs.add(pair)
        return pairs.has(pair) ? uses : withoutPair(uses)
      }),
    )
  }

  return {
    note(authenticated, from, header, now, urgent) {
      isUrgent ||= urgent
      const address = keptAddress(from)
      const userAgent = readUserAgent(header)
      const known = backlog.get(keyOf(authenticated.credential.id, address, userAgent))
      if (known) addTo(known, now, now, 1)
      else add({ credential: describe(authenticated), address, userAgent, firstAt: now, lastAt: now, count: 1 })
    },
    write: backlog.write,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await backlog.write()
    },
  }
}

function keyOf(credential: string, address: string, userAgent: string): string {
  return `${credential} ${address} ${userAgent}`
}

function addTo(known: PairUses, firstAt: number, lastAt: number, count: number): void {
  known.firstAt = Math.min(known.firstAt, firstAt)
  known.lastAt = Math.max(known.lastAt, lastAt)
  known.count += count
}

function describe({ client, credential: { id, kind, keyId } }: Authenticated): UsedCredential {
  const { realm, clientId, organization, secrets } = client
  const label = keyId ?? secrets.find((secret) => secret.id === id)?.lastFour ?? null
  return { id, kind, label, realm, clientId, organizationId: organization.id }
}

function withoutPair(uses: PairUses): PairUses {
  return { ...uses, address: '', userAgent: '' }
}

/** Of IPv6 the network: a host changes its address in it every day. */
function keptAddress(address: string): string {
  return address.includes(':') ? (networkOf(address) ?? '') : address
}
