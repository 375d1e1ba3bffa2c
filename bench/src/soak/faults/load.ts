// Clients request tokens and call guarded routes at every node and guard all the time. Each call is written to the journal with the rights
// that it needs.
import { param } from '@countersign/guard'
import type { Answer, ServedNode } from '../served-nodes.ts'
import type { Cluster } from './cluster.ts'
import type { Call, Journal, Outcome } from './journal.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'
import { keepToken, partner, pickSecret, pickToken, rightsOf, type Subject } from './subject.ts'

export interface LoadOptions {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly random: Random
  /** Those that are never changed, and those that are; the list may change during the run. */
  readonly subjects: { readonly known: readonly Subject[]; readonly changed: readonly Subject[] }
  readonly pauseMs: number
  readonly until: AbortSignal
}

const guarded = { dpa: 'any' } as const
const forPartner = { dpa: 'any', partner: param('partner') } as const

/** Resolves after `until`, with the last answers. */
export async function runLoad({ cluster, journal, random, subjects, pauseMs, until }: LoadOptions): Promise<void> {
  const repeat = async (call: () => Promise<void>) => {
    while (!until.aborted) {
      await call()
      await pause(pauseMs, until)
    }
  }
  const pick = () => random.pick(random.next() < 0.4 ? subjects.known : subjects.changed)
  // A node that does not answer must not hold up the calls of the others.
  const loops = cluster.nodes.flatMap((node, number) => [
    repeat(() => requestToken(node, number)),
    repeat(() => callMe(node, number)),
    repeat(() => callGuard(number)),
  ])
  await Promise.all(loops)

  async function requestToken(node: ServedNode, number: number): Promise<void> {
    const subject = pick()
    const secret = subject && pickSecret(subject, random)
    if (!secret) return
    const right = subject.tokenRight
    const { client, organization } = rightsOf(subject)
    const sentAt = performance.now()
    const answer = await node.requestToken({ clientId: subject.clientId, clientSecret: secret.value })
    const token = answer.status === 200 ? String(answer.json['access_token']) : undefined
    note({
      place: `node ${number}`,
      what: `token for ${subject.slug}`,
      needs: [client, organization, secret.right],
      sentAt,
      ...outcomeOf(answer),
      ...(token !== undefined && { tokenId: tokenIdOf(token) }),
    })
    // Not if a cut was sent meanwhile.
    if (token !== undefined && right !== undefined && subject.tokenRight === right)
      keepToken(subject, { token, right, receivedAt: performance.now() })
  }

  async function callMe(node: ServedNode, number: number): Promise<void> {
    const subject = pick()
    const held = subject && pickToken(subject, random, performance.now())
    if (!held) return
    const sentAt = performance.now()
    const answer = await node.me(held.token)
    note({
      place: `node ${number}`,
      what: `GET /v1/me as ${subject.slug}`,
      needs: [rightsOf(subject).client, held.right],
      sentAt,
      ...outcomeOf(answer),
    })
  }

  async function callGuard(number: number): Promise<void> {
    const subject = pick()
    const held = subject && pickToken(subject, random, performance.now())
    if (!held) return
    const isForPartner = random.next() < 0.5
    const rights = rightsOf(subject)
    const sentAt = performance.now()
    const request = { rawHeaders: ['authorization', `Bearer ${held.token}`], params: { partner } }
    const access = await cluster.guards[number]!.guard.authorize(request, isForPartner ? forPartner : guarded)
    const code = access.allowed ? 'allowed' : access.code
    const outcome = access.allowed ? 'accepted' : code === 'temporarily-unavailable' ? 'unavailable' : 'refused'
    note({
      place: `guard ${number}`,
      what: `guarded call as ${subject.slug}`,
      needs: [rights.client, rights.organization, held.right, ...(isForPartner ? [rights.partner] : [])],
      sentAt,
      outcome,
      answer: access.allowed ? code : `${code}: ${access.detail ?? ''}`,
    })
  }

  function note(call: Omit<Call, 'answeredAt'>): void {
    journal.calls.push({ ...call, answeredAt: performance.now() })
  }
}

/** 429 is for too many denials before; it says nothing of the rights of this call. */
function outcomeOf({ status, json }: Answer): { outcome: Outcome; answer: string } {
  const answer = `${status} ${String(json['error_description'] ?? json['detail'] ?? '')}`
  if (status === 200) return { outcome: 'accepted', answer }
  if (status === 0) return { outcome: 'unanswered', answer }
  return { outcome: status === 503 || status === 429 ? 'unavailable' : 'refused', answer }
}

export function tokenIdOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string }).jti
}
