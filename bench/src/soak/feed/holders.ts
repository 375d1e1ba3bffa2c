// The clients whose rights are taken away during the soak of the feed, and the five ways of doing it.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { IssuedStep, Recording, Subject } from '../../../../conformance/model/steps.ts'
import { inRealm, type Credentials, type ServedNode, type ServedNodes } from '../served-nodes.ts'
import type { Holder } from './guard-orders.ts'
import { readToken } from '../read-token.ts'

/** An organization with one client, one partner and one token. */
export interface RevocableHolder extends Holder, Credentials {
  readonly slug: string
}

export interface Revocation {
  readonly kind: string
  revoke(node: ServedNode, holder: RevocableHolder): Promise<unknown>
  ended(holder: RevocableHolder): Subject
}

const ofOrganization = ({ slug }: RevocableHolder) => ({ ...inRealm, organization: slug })
const ofClient = ({ clientId }: RevocableHolder) => ({ ...inRealm, client: clientId })
const anyVersion = { ifMatch: '*' } as const

/** Five kinds; the fourth takes turns between two. */
const revocations: readonly (readonly Revocation[])[] = [
  [{ kind: 'token revoked', revoke: (node, holder) => node.revoke(holder), ended: ({ token }) => `token:${readToken(token).jti}` }],
  [
    {
      kind: 'client disabled',
      revoke: ({ admin }, holder) => admin.call('clients.update', { params: ofClient(holder), body: { enabled: false } }, anyVersion),
      ended: ({ clientId }) => `client:${clientId}`,
    },
  ],
  [
    {
      kind: 'scope withdrawn',
      revoke: ({ admin }, holder) => admin.call('clients.update', { params: ofClient(holder), body: { scopes: [] } }, anyVersion),
      ended: ({ partner }) => `right:scope ${partner}`,
    },
  ],
  [
    {
      kind: 'organization suspended',
      revoke: ({ admin }, holder) => admin.call('organizations.suspend', { params: ofOrganization(holder), body: {} }),
      ended: ({ slug }) => `organization:${slug}`,
    },
    {
      kind: 'partner withdrawn',
      revoke: ({ admin }, holder) => admin.call('partners.withdraw', { params: { ...ofOrganization(holder), partner: holder.partner } }),
      ended: ({ partner }) => `right:partner ${partner}`,
    },
  ],
  [
    {
      kind: 'tokens of the organization cut',
      revoke: ({ admin }, holder) => admin.call('organizations.cutTokens', { params: ofOrganization(holder), body: { reason: 'a trial' } }),
      ended: ({ slug }) => `cut:${slug}`,
    },
  ],
]

/** The revocation of a number: the kinds take turns. */
export function revocationOf(number: number): Revocation {
  const ways = revocations[number % revocations.length]!
  return ways[Math.floor(number / revocations.length) % ways.length]!
}

/** Creates them through all nodes, some at a time. */
export async function createHolders({ nodes }: ServedNodes, recording: Recording, count: number): Promise<RevocableHolder[]> {
  const holders: RevocableHolder[] = []
  let begun = 0
  const work = async (number: number): Promise<void> => {
    while (begun++ < count) {
      const from = Date.now()
      const holder = await createHolder(nodes[number % nodes.length]!)
      holders.push(holder)
      const rests = [`client:${holder.clientId}`, `organization:${holder.slug}`, `cut:${holder.slug}`] as const
      noteIssued(recording, { by: `node:${number % nodes.length}`, token: holder.token, rests, from })
    }
  }
  await Promise.all([...nodes, ...nodes].map((_, number) => work(number)))
  return holders
}

export function noteIssued(recording: Recording, { token, ...step }: Pick<IssuedStep, 'by' | 'token' | 'rests' | 'from'>): void {
  const { jti, keyId, expiresAt } = readToken(token)
  recording.add({ step: 'issued', ...step, token: jti, key: keyId, expiresAt, to: Date.now() })
}

async function createHolder(node: ServedNode): Promise<RevocableHolder> {
  const slug = `org-${randomUUID()}`
  const partner = randomUUID()
  const { admin } = node
  await admin.call('organizations.create', { params: inRealm, body: { slug, name: slug } })
  await admin.call('partners.authorize', { params: { ...inRealm, organization: slug, partner }, body: { name: 'Seller' } })
  const { client, clientSecret } = await admin.call('clients.create', { params: inRealm, body: { organization: slug, name: slug } })
  const credentials = { clientId: client.clientId, clientSecret: clientSecret! }
  return { ...credentials, slug, partner, token: await getToken(node, credentials) }
}

/** A busy store answers a few of the first requests late, which is 503. */
async function getToken(node: ServedNode, credentials: { clientId: string; clientSecret: string }): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { status, json } = await node.requestToken(credentials)
    if (status === 200) return String(json['access_token'])
    if (status !== 503 || attempt === 5) throw new Error(`A token request was answered with ${status}`)
    await pause(200)
  }
}
