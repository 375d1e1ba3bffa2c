import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { startServed, type Served } from './served.fixture.ts'

/** One token request; resolves to the status, or to the code of what went wrong with the connection. */
async function requestToken({ port, tokenPath: path, form }: Served, agent: Agent): Promise<number | string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length }
  const asked = request({ port, host: '127.0.0.1', method: 'POST', path, agent, headers }).end(form)
  try {
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
    await once(response.resume(), 'end')
    return response.statusCode ?? 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}

/** So many callers on connections of their own, one request after the other until `goesOn` says no. Returns all outcomes. */
async function underLoad(
  load: Served,
  goesOn: (outcome: number | string) => boolean,
  onProgress: (requests: number) => void,
): Promise<Map<number | string, number>> {
  const outcomes = new Map<number | string, number>()
  let requests = 0
  const agents = Array.from({ length: 16 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  await Promise.all(
    agents.map(async (agent) => {
      for (let outcome: number | string = 200; goesOn(outcome);) {
        outcome = await requestToken(load, agent)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        onProgress(++requests)
      }
    }),
  )
  for (const agent of agents) agent.destroy()
  return outcomes
}

test('abuse 222: SIGTERM under load behind a load balancer: no request fails, and every token is in the audit log', async () => {
  const load = await startServed({ settings: 'shutdownDelay: 1s' })
  let isInRotation = true
  let stopped: ReturnType<typeof load.server.stop> | undefined
  const outcomes = await underLoad(
    load,
    () => isInRotation,
    (requests) => {
      if (requests !== 200) return
      stopped = load.server.stop()
      void watchReadiness()
    },
  )
  /** What a load balancer does: it takes the node out when its probe fails. */
  async function watchReadiness() {
    while (await load.isReady());
    isInRotation = false
  }
  const { exitCode, stderr } = await stopped!
  assert.equal(exitCode, 0, stderr)
  assert.deepEqual([...outcomes.keys()], [200])
  assert.equal(load.auditedTokens(), outcomes.get(200))
})

/** The signal comes at another moment each time. */
const immediateStops = {
  'abuse 222: SIGTERM under load without a delay: every request on a connection is answered': 137,
  'abuse 223: SIGTERM while events are written: each token that was delivered is in the audit log, and no other': 173,
}
for (const [title, requestsBefore] of Object.entries(immediateStops)) {
  test(title, async () => {
    const load = await startServed({ settings: 'accessLog: false' })
    let stopped: ReturnType<typeof load.server.stop> | undefined
    const outcomes = await underLoad(
      load,
      (outcome) => outcome === 200,
      (requests) => {
        if (requests === requestsBefore) stopped = load.server.stop()
      },
    )
    const { exitCode, stderr } = await stopped!
    assert.equal(exitCode, 0, stderr)
    // A new connection is refused, which is no answer and no failed request: it goes to another node.
    assert.deepEqual([...outcomes.keys()], [200, 'ECONNREFUSED'])
    assert.equal(load.auditedTokens(), outcomes.get(200))
  })
}

test('abuse 235: what nobody expected is logged as fatal, and the server ends with an error', async () => {
  const defect = 'process.once("SIGUSR2", () => void Promise.reject(new Error("a defect for the test")))'
  const { server } = await startServed({ env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(defect)}` } })
  const { exitCode, stderr } = await server.stop('SIGUSR2')
  assert.equal(exitCode, 1)
  const fatal = stderr.split('\n').find((line) => line.includes('a defect for the test'))
  assert.equal((JSON.parse(fatal ?? '{}') as { level?: number }).level, 60)
})
