// One assertion presented many times at once to three processes, of which one is killed by SIGKILL meanwhile: one token for each, and never
// two. A process that dies after it has used an assertion and before it has answered leaves it used up: the other processes refuse it, and
// its client signs another one, as the client library does after every failure.
import { assertionBy, createClientKey, tokenRequestBy, type ClientKeyPair } from '@countersign/server/client-key.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { inRealm, startServedNodes, type Answer, type ServedNodes } from './served-nodes.ts'

export interface AssertionsOptions {
  readonly assertions: number
  readonly presentations: number
  /** How many assertions are presented at a time. */
  readonly atOnce: number
}

export async function soakAssertions({ assertions, presentations, atOnce }: AssertionsOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store: 'postgres', count: 3, settings: 'publicUrl: http://127.0.0.1:1' })
  const statuses: Record<number, number> = {}
  const tokens: string[] = []
  let twice = 0
  let usedUpInVain = 0
  let left = assertions
  try {
    const key = createClientKey()
    const clientId = await aClientWith(served, key)
    const victim = served.nodes[1]!

    const sign = () => tokenRequestBy(assertionBy(key, { clientId, issuer: 'http://127.0.0.1:1/soak', now: Date.now() }))
    // Each has read the client and opened its connections before many ask at once.
    for (const node of served.nodes) for (let i = 0; i < 5; i++) await node.postTokenRequest(sign())

    const present = async (times: number): Promise<Answer[]> => {
      const form = sign()
      const answers = await Promise.all(
        Array.from({ length: times }, (_, i) => served.nodes[i % served.nodes.length]!.postTokenRequest(form)),
      )
      for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
      return answers.filter(({ status }) => status === 200)
    }
    /** Until there is a token, like a client. */
    const getToken = async (): Promise<void> => {
      let answers = await present(presentations)
      for (; answers.length === 0; answers = await present(3)) usedUpInVain++
      if (answers.length > 1) twice++
      tokens.push(...answers.map(({ json }) => String(json['access_token'])))
    }
    const work = async (): Promise<void> => {
      while (left-- > 0) {
        await getToken()
        if (tokens.length % 10 === 0) say(`assertions: ${tokens.length} of ${assertions}, ${JSON.stringify(statuses)}`)
      }
    }

    const working = Promise.all(Array.from({ length: atOnce }, work))
    while (tokens.length < assertions / 3) await new Promise((resolve) => setTimeout(resolve, 5))
    await victim.kill()
    await working
    // Its next start writes the audit events that the kill left in its spool; the others have one, too, if the database was slow for a moment.
    await victim.start()
    await eventually('all spools are in the store', () => served.nodes.every((node) => node.spooled() === 0))
    await Promise.all(served.nodes.map((node) => node.stop()))
    const past = await served.look()
    return {
      assertions,
      presentations,
      statuses,
      tokens: new Set(tokens).size,
      twice,
      /** Assertions of a process that did not answer, so that their clients had to sign another one. */
      usedUpInVain,
      used: past.usedAssertions,
      /** Tokens in the audit log, delivered or not, beyond the assertions that were used. */
      tokensWithoutUse: Math.max(0, past.tokens.size - past.usedAssertions),
      fault: past.fault ?? null,
    }
  } finally {
    await served.close()
  }
}

async function aClientWith({ nodes }: ServedNodes, { jwk }: ClientKeyPair): Promise<string> {
  const { admin } = nodes[0]!
  await admin.call('organizations.create', { params: inRealm, body: { slug: 'acme', name: 'Acme' } })
  const { client } = await admin.call('clients.create', { params: inRealm, body: { organization: 'acme', name: 'Acme', key: jwk } })
  return client.clientId
}
