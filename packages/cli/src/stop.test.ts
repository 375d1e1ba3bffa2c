import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { startServed, type Served } from './served.fixture.ts'

/** One token request; resolves to the status, or to the error code of the connection. */
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

/**
 * This number of callers on connections of their own, each sending one request after the other until `goesOn` returns false. Returns
 * all outcomes.
 */
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
  /** Behaves like a load balancer: it removes the node when its probe fails. */
  async function watchReadiness() {
    while (await load.isReady());
    isInRotation = false
  }
  const { exitCode, stderr } = await stopped!
  assert.equal(exitCode, 0, stderr)
  assert.deepEqual([...outcomes.keys()], [200])
  assert.equal(load.auditedTokens(), outcomes.get(200))
})

/** The signal is sent at a different moment each time. */
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
    // A refused new connection is neither a response nor a failed request: the load balancer sends it to another node.
    assert.deepEqual([...outcomes.keys()], [200, 'ECONNREFUSED'])
    assert.equal(load.auditedTokens(), outcomes.get(200))
  })
}

/** Causes a defect in the server at SIGUSR2. */
function withDefect(defect: string, options = ''): Record<string, string> {
  const program = `process.once('SIGUSR2', () => { ${defect} })`
  return { NODE_OPTIONS: `${options} --import=data:text/javascript,${encodeURIComponent(program)}` }
}

const defects = {
  'an uncaught exception': 'throw new Error("a defect for the test")',
  'an unhandled rejection': 'void Promise.reject(new Error("a defect for the test"))',
}
for (const [what, defect] of Object.entries(defects)) {
  test(`abuse 235: ${what} is logged as fatal, pending requests are answered, and the server exits with an error and without losing a row`, async () => {
    const load = await startServed({ settings: 'accessLog: false', env: withDefect(defect) })
    let stopped: ReturnType<typeof load.server.stop> | undefined
    const outcomes = await underLoad(
      load,
      (outcome) => outcome === 200,
      (requests) => {
        if (requests === 151) stopped = load.server.stop('SIGUSR2')
      },
    )
    const { exitCode, stderr } = await stopped!
    assert.equal(exitCode, 70, stderr)
    const fatal = stderr.split('\n').find((line) => line.includes('a defect for the test'))
    assert.equal((JSON.parse(fatal ?? '{}') as { level?: number }).level, 60)
    assert.deepEqual([...outcomes.keys()], [200, 'ECONNREFUSED'])
    assert.deepEqual([load.auditedTokens(), await load.verifyAudit()], [outcomes.get(200), undefined])
  })
}

test('abuse 234: a server that runs out of memory exits, has a row for each delivered token, and starts again', async () => {
  const defect = 'const held = []; for (;;) held.push(new Array(1_000_000).fill(held.length))'
  const load = await startServed({ settings: 'accessLog: false', env: withDefect(defect, '--max-old-space-size=128') })
  let stopped: ReturnType<typeof load.server.stop> | undefined
  const outcomes = await underLoad(
    load,
    (outcome) => outcome === 200,
    (requests) => {
      if (requests === 151) stopped = load.server.stop('SIGUSR2')
    },
  )
  const { exitCode, stderr } = await stopped!
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /heap out of memory/)
  assert.ok(load.auditedTokens() >= outcomes.get(200)!) // Some rows were written for tokens that could not be sent any more.
  const again = await load.start()
  assert.equal(await load.requestToken(), 200)
  assert.equal((await again.stop()).exitCode, 0)
  assert.equal(await load.verifyAudit(), undefined)
})
