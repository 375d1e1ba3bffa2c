// The export as a process that is killed: what it printed before and after has every event, and few of them twice.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readCursorFile } from './cursor-file.ts'
import { aFolder } from './demo.fixture.ts'
import { commandFile, startNode } from './process.fixture.ts'

const eventCount = 150
const pageSize = 3
const kills = 5

function anEvent(number: number) {
  const none = { reason: null, realm: null, organizationId: null, organizationSlug: null, clientId: null, address: null }
  const id = `019bc187c860-c76940f9-${number.toString(16).padStart(8, '0')}`
  const ids = { requestId: id, callerRequestId: null, traceId: null }
  return { id, at: '2026-01-31T12:00:00.123Z', kind: 'token.request', outcome: 'success', ...none, ...ids, actor: null, detail: {} }
}

/** A server with a log of numbered events, in pages that are smaller than those of ours. */
async function startLog(onPage: () => void) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname.endsWith('/token')) return answer(response, { access_token: 'a-token', token_type: 'Bearer', expires_in: 300 })
    onPage()
    const first = Number(searchParams.get('after') ?? 0)
    const last = Math.min(eventCount, first + pageSize)
    const items = Array.from({ length: last - first }, (_, index) => anEvent(first + index))
    answer(response, { items, next: String(last), upToDate: last === eventCount })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

test('kill -9 of "audit export --follow" loses no event, and repeats at most a page of them', async (t) => {
  let killAtPage = Infinity
  let pages = 0
  let kill = () => {}
  const server = await startLog(() => {
    if (++pages === killAtPage) kill()
  })
  const cursorFile = join(aFolder(), 'cursor')
  const start = (...options: string[]) => {
    const env = { COUNTERSIGN_SERVER: server, COUNTERSIGN_CLIENT_ID: 'operator', COUNTERSIGN_CLIENT_SECRET: 'secret' }
    return startNode([commandFile, 'audit', 'export', '--cursor-file', cursorFile, '--since', '7d', ...options], { env })
  }
  /** What one run printed; a line that the kill cut off is none. */
  const idsOf = (text: string) =>
    text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { id: string }).id)

  const printed: string[][] = []
  for (let run = 0; run < kills; run++) {
    pages = 0
    const child = start('--follow')
    kill = child.kill
    const [page, atOutput] = [1 + Math.floor(Math.random() * 8), Math.random() < 0.5]
    t.diagnostic(`killed at page ${page}, ${atOutput ? 'when it was printed' : 'when it was asked for'}`)
    killAtPage = atOutput ? Infinity : page
    if (atOutput) child.onOutput(() => pages >= page && child.kill())
    printed.push(idsOf((await child.ended).stdout))
    readCursorFile(cursorFile)
  }
  killAtPage = Infinity
  const { exitCode, stdout, stderr } = await start().ended
  assert.equal(exitCode, 0, stderr)
  printed.push(idsOf(stdout))

  const all = printed.flat()
  const wanted = Array.from({ length: eventCount }, (_, number) => anEvent(number).id)
  assert.deepEqual([...new Set(all)], wanted)
  assert.ok(all.length - wanted.length <= kills * pageSize, `${all.length - wanted.length} events twice`)
})
