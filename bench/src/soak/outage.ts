// PostgreSQL is stopped, or frozen, under load. Measures the answers to known and unknown clients and their latency during the outage,
// and the time until recovery.
import { eventually } from '@countersign/server/store/processes.fixture'
import { quantile } from './quantile.ts'
import { startServedNodes, type Answer, type Credentials, type ServedNode } from './served-nodes.ts'

export interface OutageOptions {
  readonly seconds: number
}

interface Load {
  readonly answers: Answer[]
  stop(): Promise<void>
}

export async function soakOutage({ seconds }: OutageOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store: 'postgres', count: 3 })
  const database = served.database!
  let next = 0
  try {
    const known: Credentials[] = []
    for (let i = 0; i < 10; i++) known.push(await served.aClient(`known-${i}`))
    for (const node of served.nodes)
      for (const client of known) await eventually('the client is known', async () => (await node.requestToken(client)).status === 200)
    const stopped = await measure(
      'stopped',
      () => database.stop(),
      () => database.start(),
    )
    const frozen = await measure(
      'frozen',
      async () => database.freeze(),
      async () => database.thaw(),
    )
    const { fault, events } = await served.look()
    return { seconds, stopped, frozen, events, fault: fault ?? null }

    async function measure(what: string, begin: () => Promise<void>, end: () => Promise<void>) {
      const cold: Credentials[] = []
      for (const number of served.nodes.keys()) cold.push(await served.aClient(`cold-${what}-${number}`))
      const loads = {
        known: startLoad(20, (turn) => known[turn % known.length]!),
        unknown: startLoad(100, (turn) => ({
          clientId: turn % 2 === 0 ? 'nobody' : cold[0]!.clientId,
          clientSecret: cold[1]!.clientSecret,
        })),
      }
      await pause(1)
      await begin()
      const firsts = { known: loads.known.answers.length, unknown: loads.unknown.answers.length }
      for (let second = 0; second < seconds; second += 10) {
        await pause(Math.min(10, seconds - second))
        say(
          `outage: ${what} for ${Math.min(second + 10, seconds)} of ${seconds} s, ${loads.known.answers.length - firsts.known} known, ${loads.unknown.answers.length - firsts.unknown} unknown`,
        )
      }
      const during = { known: loads.known.answers.slice(firsts.known), unknown: loads.unknown.answers.slice(firsts.unknown) }
      await end()
      const back = performance.now()
      await Promise.all(
        served.nodes.map((node, number) =>
          eventually(
            `node ${number} lets a new client in`,
            async () => (await node.requestToken(cold[number]!)).status === 200 && node.isReady(),
          ),
        ),
      )
      const secondsUntilRecovered = (performance.now() - back) / 1000
      await loads.known.stop()
      await loads.unknown.stop()
      await eventually('all spools are empty', () => served.nodes.every((node) => node.spooled() === 0))
      return {
        known: describe(during.known),
        unknown: describe(during.unknown),
        secondsUntilRecovered,
        secondsUntilSpoolsAreEmpty: (performance.now() - back) / 1000,
      }
    }
  } finally {
    await served.close()
  }

  /** At a fixed rate, regardless of the latency of answers. */
  function startLoad(pauseMilliseconds: number, clientOf: (turn: number) => Credentials): Load {
    const answers: Answer[] = []
    const underWay = new Set<Promise<unknown>>()
    let turn = 0
    const timer = setInterval(() => {
      const node: ServedNode = served.nodes[next++ % served.nodes.length]!
      const asking = node.requestToken(clientOf(turn++)).then((answer) => answers.push(answer))
      underWay.add(asking)
      void asking.then(() => underWay.delete(asking))
    }, pauseMilliseconds)
    return {
      answers,
      async stop() {
        clearInterval(timer)
        await Promise.all(underWay)
      },
    }
  }
}

function describe(answers: readonly Answer[]) {
  const milliseconds = answers.map((answer) => answer.milliseconds)
  const statuses: Record<string, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(milliseconds, share))
  return { requests: answers.length, statuses, milliseconds: { p50, p99, longest } }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
