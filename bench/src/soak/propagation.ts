// Measures how long after the response to an operator at one node the other nodes still accept a withdrawn right: with the hints of
// PostgreSQL, and with these cut, so that only the periodic pull is left.
import { randomUUID } from 'node:crypto'
import { AdminRequestError } from '@countersign/admin'
import { quantile } from './quantile.ts'
import { inRealm, startServedNodes, type Answer, type Credentials, type ServedNode } from './served-nodes.ts'

interface Subject extends Credentials {
  readonly slug: string
  readonly partner: string
  readonly token: string
  readonly secretId: string
}

interface Kind {
  withdraw(node: ServedNode, subject: Subject): Promise<unknown>
  ask(node: ServedNode, subject: Subject): Promise<Answer>
  isDenied(answer: Answer, subject: Subject): boolean
}

const kinds: Record<string, Kind> = {
  'client disabled': {
    withdraw: ({ admin }, { clientId }) =>
      admin.call('clients.update', { params: { ...inRealm, client: clientId }, body: { enabled: false } }, { ifMatch: '*' }),
    ask: (node, subject) => node.requestToken(subject),
    isDenied: ({ status }) => status === 401,
  },
  'organization suspended': {
    withdraw: ({ admin }, { slug }) =>
      admin.call('organizations.update', { params: { ...inRealm, organization: slug }, body: { status: 'suspended' } }, { ifMatch: '*' }),
    ask: (node, subject) => node.requestToken(subject),
    isDenied: ({ status }) => status === 401,
  },
  'partner withdrawn': {
    withdraw: ({ admin }, { slug, partner }) => admin.call('partners.withdraw', { params: { ...inRealm, organization: slug, partner } }),
    ask: (node, { token }) => node.me(token),
    isDenied: ({ status, json }, { partner }) => status === 200 && !JSON.stringify(json['partners']).includes(partner),
  },
  'secret revoked': {
    async withdraw({ admin }, { clientId, secretId }) {
      const params = { ...inRealm, client: clientId, secret: secretId }
      await admin.call('secrets.revoke', { params, body: { reason: 'a trial' } })
    },
    ask: (node, subject) => node.requestToken(subject),
    isDenied: ({ status }) => status === 401,
  },
  'token revoked': {
    withdraw: (node, subject) => node.revoke(subject),
    ask: (node, { token }) => node.me(token),
    isDenied: ({ status }) => status === 401,
  },
}

export interface PropagationOptions {
  readonly trials: number
  /** The number of concurrent trials when hints are cut and each trial takes up to a second. */
  readonly atOnce: number
}

export async function soakPropagation({ trials, atOnce }: PropagationOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store: 'postgres', count: 3 })
  try {
    const withHints = await measure('with hints', 1)
    for (const { line } of served.nodes) line!.cutHints()
    const withoutHints = await measure('with hints cut', atOnce)
    return { withHints, withoutHints }
  } finally {
    await served.close()
  }

  async function measure(what: string, width: number) {
    const [one, ...others] = served.nodes as [ServedNode, ServedNode, ServedNode]
    const milliseconds: number[] = []
    let begun = 0
    let acceptedAtTheSameNode = 0
    /** Answers that neither accept nor deny: 503, or none at all. */
    let neitherNor = 0
    let changesNotTaken = 0

    async function tryOnce(number: number): Promise<void> {
      const kind = Object.values(kinds)[number % Object.keys(kinds).length]!
      const subject = await aSubject()
      for (const node of others) {
        if (kind.isDenied(await kind.ask(node, subject), subject)) throw new Error('A node denies a right that has not been withdrawn')
      }
      await kind.withdraw(one, subject)
      const start = performance.now()
      const atOthers = others.map(async (node) => {
        for (;;) {
          const answer = await kind.ask(node, subject)
          if (kind.isDenied(answer, subject)) break
          if (answer.status !== 200) neitherNor++
          if (performance.now() - start > 30_000) throw new Error('A node still accepts after 30 s what was withdrawn')
        }
        milliseconds.push(performance.now() - start)
      })
      const next = await kind.ask(one, subject)
      if (!kind.isDenied(next, subject)) {
        if (next.status === 200) acceptedAtTheSameNode++
        else neitherNor++
      }
      await Promise.all(atOthers)
      if (milliseconds.length % 200 === 0) say(`propagation ${what}: ${milliseconds.length / 2} of ${trials}`)
    }
    const worker = async (): Promise<void> => {
      while (begun < trials) await tryUntilDone(begun++)
    }
    /** A change that the busy database rejected was not made; the trial starts again. */
    async function tryUntilDone(number: number): Promise<void> {
      try {
        await tryOnce(number)
      } catch (error) {
        if (!(error instanceof AdminRequestError) || error.status !== 503) throw error
        changesNotTaken++
        await tryUntilDone(number)
      }
    }
    await Promise.all(Array.from({ length: width }, worker))
    const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(milliseconds, share))
    return {
      trials,
      kinds: Object.keys(kinds),
      measurements: milliseconds.length,
      acceptedAtTheSameNode,
      neitherNor,
      changesNotTaken,
      milliseconds: { p50, p99, longest },
    }
  }

  async function aSubject(): Promise<Subject> {
    const client = await served.aClient(`org-${randomUUID()}`)
    const partner = randomUUID()
    await served.nodes[0]!.admin.call('partners.authorize', {
      params: { ...inRealm, organization: client.slug, partner },
      body: { name: 'Seller' },
    })
    const token = String((await served.nodes[0]!.requestToken(client)).json['access_token'])
    for (const node of served.nodes) await node.requestToken(client)
    const { secrets } = await served.nodes[0]!.admin.call('rotation.get', { params: { ...inRealm, client: client.clientId } })
    return { ...client, partner, token, secretId: secrets[0]!.id }
  }
}
