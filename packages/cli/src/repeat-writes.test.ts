import assert from 'node:assert/strict'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { serverUrl, operator } = await startTestDemo()

/** A proxy in front of the demo that spoils the first `times` responses to writes of the admin API. */
async function aProxy(spoil: (response: ServerResponse, answer: IncomingMessage) => void, times = 1) {
  const keys: (string | undefined)[] = []
  const proxy = createServer((incoming, response) => {
    const { method, url, headers } = incoming
    const forwarded = request(new URL(url!, serverUrl), { method: method!, headers }, (answer) => {
      const isWrite = url!.startsWith('/admin/') && method !== 'GET'
      if (isWrite) keys.push(headers['idempotency-key']?.toString())
      if (isWrite && keys.length <= times) return spoil(response, answer.resume())
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => proxy.listen({ host: '127.0.0.1', port: 0 }, resolve))
  after(() => proxy.close())
  const env = {
    COUNTERSIGN_SERVER: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_SECRET: operator.clientSecret,
  }
  return { keys, run: (args: string) => callCommand(args, env) }
}

const losses: Record<string, (response: ServerResponse, answer: IncomingMessage) => void> = {
  'whose connection breaks before the answer': (response) => void response.destroy(),
  'whose answer breaks off in the middle': (response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"id":', () => response.destroy())
  },
  'that a proxy answers with 502': (response) => void response.writeHead(502).end('<h1>Bad gateway</h1>'),
  'that is answered with 503': (response) => void response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{}'),
}
let number = 0
for (const [what, spoil] of Object.entries(losses)) {
  test(`abuse 151: a create ${what} is retried with the same key and applied once`, async () => {
    const slug = `lost-${number++}`
    const { keys, run } = await aProxy(spoil)
    const { exitCode, stdout, stderr } = await run(`organization create --realm prod --slug ${slug} --name Lost`)
    assert.deepEqual([exitCode, keys.length, keys[0] === keys[1], keys[0]?.length], [0, 2, true, 36], stderr)
    assert.match(stdout, new RegExp(slug))
    assert.match(stderr, /retrying with the same Idempotency-Key, so that the change is applied at most once/)
    const events = JSON.parse(
      (await callCommand(`audit search --realm prod --organization ${slug} --kind organizations.create --json`)).stdout,
    )
    assert.equal(events.items.length, 1)
  })
}

test('abuse 151: a secret whose response was lost is not shown by the retry, which says so', async () => {
  const { run } = await aProxy((response) => void response.destroy())
  const { exitCode, stdout } = await run('client create --realm prod --organization acme --client-id lost-secret')
  assert.equal(exitCode, 0)
  assert.match(stdout, /secret +not shown again: it was in the first response.*countersign secret rotate lost-secret --realm prod/s)
})

test('abuse 213: a command without any response prints the key with which it can be run again', async () => {
  const { keys, run } = await aProxy((response) => void response.destroy(), 4)
  const args = 'organization create --realm prod --slug never-answered --name Lost'
  const lost = await run(`${args} --json`)
  assert.equal(lost.exitCode, 3)
  const { message, next } = JSON.parse(lost.stderr).error
  assert.match(message, /^Not confirmed after 4 attempts.* The change may have been applied or not\.$/)
  assert.deepEqual([keys.length, new Set(keys).size, next.includes(`--idempotency-key ${keys[0]}`)], [4, 1, true])
  const again = await callCommand(`${args} --idempotency-key ${keys[0]} --json`)
  assert.equal(JSON.parse(again.stdout).slug, 'never-answered')
})

test('during an outage an operator is told where to look, and not what callers of an API do', async () => {
  const { run } = await aProxy(
    (response) => void response.writeHead(503).end('{"detail":"Your token may still be valid.","remedy":"Keep it."}'),
    4,
  )
  const { stderr } = await run('organization create --realm prod --slug unavailable --name Lost')
  assert.match(
    stderr,
    /\nError: Not confirmed after 4 attempts; the last error: The server cannot process the request now \(503\)\. The change/,
  )
  assert.match(stderr, /\nNext: Ask \/readyz of the operations listener of the server why\. When the server responds again, run the same/)
  assert.doesNotMatch(stderr, /token|Keep it/)
})

test('an unreachable server is not a lost response: the command fails at once', async () => {
  const { exitCode, stderr } = await callCommand('organization create --realm prod --slug x --name X', {
    COUNTERSIGN_SERVER: 'http://127.0.0.1:9',
    COUNTERSIGN_CLIENT_ID: 'a',
    COUNTERSIGN_CLIENT_SECRET: 'b',
  })
  assert.equal(exitCode, 3)
  assert.doesNotMatch(stderr, /asking again/)
})
