// Clients get tokens at all nodes and call routes behind guards all the time. A guard must accept each token from the moment it was issued
// until it ends, and nothing else: no token after its end, none that was altered, and none of a key that was compromised.
import type { RemoteGuard } from '@countersign/guard'
import type { DecidedStep } from '../../../../conformance/model/steps.ts'
import { pause } from '../faults/pause.ts'
import { readToken, type HeldToken } from '../read-token.ts'
import type { ServedNode } from '../served-nodes.ts'
import { alterations } from './alter-token.ts'
import type { KeyRealm } from './key-cluster.ts'

export interface LoadCounts {
  tokens: number
  /** Token requests that no node answered with a token, by the last answer. */
  readonly failedTokens: Record<string, number>
  /** Answers of single nodes other than a token; the next node was asked then. */
  readonly otherAnswers: Record<string, number>
  decisions: number
  /** Good tokens that a guard refused, by the reason. */
  readonly refusedGood: Record<string, number>
  /** Good tokens on which a guard could not decide, by the reason. */
  readonly undecided: Record<string, number>
  readonly tried: Record<string, number>
  /** Bad tokens that a guard accepted, by the kind. */
  readonly acceptedBad: Record<string, number>
  /** Tokens that were requested after it was acknowledged that their key is compromised: at another node, which was about to hear of it. */
  signedByCompromised: number
  /** The latest of them, after that. */
  signedByCompromisedMs: number
}

export function createLoadCounts(): LoadCounts {
  const counts = { failedTokens: {}, otherAnswers: {}, refusedGood: {}, undecided: {}, tried: {}, acceptedBad: {} }
  return { tokens: 0, decisions: 0, signedByCompromised: 0, signedByCompromisedMs: 0, ...counts }
}

const requirement = { dpa: 'any', scope: 'read' } as const
/** A token is tried again this long before its end, and as long after it. */
const edgeMs = 1500
/** Every so many tokens are altered, and tried at their end. */
const sampled = 5

export interface TokenLoad {
  /** The last tokens of a key that have not expired. */
  tokensOf(keyId: string): readonly HeldToken[]
  /** Asks one node; `undefined` without a token. */
  requestToken(node: ServedNode): Promise<HeldToken | undefined>
  /** Presents a token that must not be accepted at all guards of the realm. */
  tryBad(kind: string, token: string, jti?: string): Promise<void>
  /** Until `end`. */
  run(pauseMs: number): Promise<void>
}

export function createTokenLoad(nodes: readonly ServedNode[], realm: KeyRealm, counts: LoadCounts, end: AbortSignal): TokenLoad {
  let held: HeldToken[] = []
  const later = new Set<Promise<void>>()

  async function requestToken(node: ServedNode): Promise<HeldToken | undefined> {
    const { clientId, clientSecret } = realm.client
    const from = Date.now()
    const { status, json } = await postToken(`${node.url}/${realm.name}/token`, clientId, clientSecret)
    if (status !== 200) return void note(counts.otherAnswers, String(status))
    const token = readToken(String(json['access_token']))
    const by = `node:${nodes.indexOf(node)}` as const
    const { jti, keyId, expiresAt } = token
    realm.recording.add({ step: 'issued', by, token: jti, key: keyId, rests: [`client:${clientId}`], expiresAt, from, to: Date.now() })
    const lateMs = from - (realm.compromisedAt.get(keyId) ?? Infinity)
    if (lateMs > 0) {
      counts.signedByCompromised++
      counts.signedByCompromisedMs = Math.max(counts.signedByCompromisedMs, lateMs)
    }
    counts.tokens++
    held = [...held.filter((one) => one.expiresAt > Date.now()), token]
    return token
  }

  /** As behind a load balancer that asks the next one. */
  async function getToken(): Promise<HeldToken | undefined> {
    const first = Math.floor(Math.random() * nodes.length)
    for (let i = 0; i < nodes.length; i++) {
      const token = await requestToken(nodes[(first + i) % nodes.length]!)
      if (token) return token
    }
    return void note(counts.failedTokens, 'no node')
  }

  async function decide(
    guard: RemoteGuard,
    token: string,
    jti: string | undefined,
  ): Promise<{ outcome: DecidedStep['outcome']; why: string }> {
    const from = Date.now()
    const verdict = await guard.authorize({ rawHeaders: ['authorization', `Bearer ${token}`], params: {} }, requirement)
    const why = verdict.allowed
      ? 'allowed'
      : `${verdict.code} ${verdict.detail ?? String(verdict.cause ?? '').replace(/"?https?:\S+/g, 'a URL')}`
    const outcome = verdict.allowed ? 'accepted' : verdict.code === 'temporarily-unavailable' ? 'unavailable' : 'refused'
    const by = `guard:${realm.guards.indexOf(guard)}` as const
    if (jti !== undefined) realm.recording.add({ step: 'decided', by, token: jti, outcome, why, from, to: Date.now() })
    return { outcome, why }
  }

  async function tryGood(guards: readonly RemoteGuard[], { token, jti, keyId }: HeldToken): Promise<void> {
    const verdicts = await Promise.all(guards.map((guard) => decide(guard, token, jti)))
    counts.decisions += verdicts.length
    // A key that was compromised meanwhile ends its tokens.
    if (realm.compromised.has(keyId)) return
    for (const { outcome, why } of verdicts) {
      if (outcome === 'refused') note(counts.refusedGood, why)
      if (outcome === 'unavailable') note(counts.undecided, why)
    }
  }

  async function tryBad(kind: string, token: string, jti?: string): Promise<void> {
    const verdicts = await Promise.all(realm.guards.map((guard) => decide(guard, token, jti)))
    counts.tried[kind] = (counts.tried[kind] ?? 0) + verdicts.length
    for (const { outcome } of verdicts) if (outcome === 'accepted') note(counts.acceptedBad, kind)
  }

  /** Near its end it is still good, also if its key retires; after it, it is not. */
  async function tryAtItsEnd(token: HeldToken): Promise<void> {
    await pause(token.expiresAt - edgeMs - Date.now(), end)
    if (end.aborted) return
    await tryGood(realm.guards, token)
    await pause(token.expiresAt + edgeMs - Date.now(), end)
    if (!end.aborted) await tryBad('after its end', token.token)
  }

  return {
    requestToken,
    tryBad,
    tokensOf: (keyId) => held.filter((token) => token.keyId === keyId && token.expiresAt > Date.now()),
    async run(pauseMs) {
      for (let number = 0; !end.aborted; number++) {
        const token = await getToken()
        if (token) await tryGood(realm.guards, token)
        if (token && number % sampled === 0) {
          const tried = tryAtItsEnd(token).finally(() => later.delete(tried))
          later.add(tried)
          for (const [kind, altered] of alterations(token.token)) await tryBad(kind, altered)
        }
        await pause(pauseMs, end)
      }
      await Promise.all(later)
    },
  }
}

function note(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

async function postToken(url: string, clientId: string, clientSecret: string) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  try {
    const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  } catch {
    return { status: 0, json: {} }
  }
}
