// Pull, feed and lookups of a guard at the same time, in random order, against a simple reference: what the guard was told is never undone by
// an answer that was made before, and in the end it knows what the server knows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ChangesDocument, EntitlementChange } from '@countersign/protocol'
import type { HistoryMark } from './change-history.ts'
import type { VerifiedToken } from './claims.ts'
import { aClock, anEntitlementDocument, audience, issuer, organizationId } from './guard.fixture.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'
import { settled } from './remote-entitlements.fixture.ts'

/** A change, with what is true after it: of a client, or of the organization of all. */
interface Entry {
  readonly about: string
  readonly value: number
}

/** A store with two nodes, of which each knows the first so many changes. A restore takes some of them back. */
function aStore() {
  let log: Entry[] = []
  const histories: { readonly state: string; log: Entry[] }[] = [{ state: 'state-0', log }]
  const nodes = [0, 0]
  let values = 0
  const valueAt = (history: number, revision: number, about: string) =>
    histories[history]!.log.slice(0, revision).findLast((entry) => entry.about === about)?.value ?? 0
  const store = {
    nodes,
    histories,
    valueAt,
    get now() {
      return { history: histories.length - 1, revision: log.length }
    },
    change(about: string) {
      log.push({ about, value: ++values })
    },
    restore(toRevision: number, isNoticed: boolean) {
      log = log.slice(0, toRevision)
      const { state } = histories.at(-1)!
      histories.push({ state: isNoticed ? `${state}'` : state, log })
      nodes.fill(log.length)
    },
    asOf: (node: number) => ({ revision: nodes[node]!, state: histories.at(-1)!.state, ageSeconds: 0 }),
    catchUp(node: number, cursor: string | null) {
      const known = cursor === null ? undefined : readCursor(cursor)
      if (known?.history === histories.length - 1) nodes[node] = Math.max(nodes[node]!, known.revision)
    },
    changesSince(node: number, cursor: string | null): ChangesDocument {
      store.catchUp(node, cursor)
      const known = cursor === null ? undefined : readCursor(cursor)
      const revision = nodes[node]!
      const isKnown = known?.history === histories.length - 1
      const changes = log
        .slice(known?.revision, revision)
        .map(({ about }): EntitlementChange =>
          about === 'organization'
            ? { what: 'rights', organizationId, clientId: null }
            : { what: 'client', organizationId, clientId: about },
        )
      return { asOf: store.asOf(node), cursor: `${histories.length - 1} ${revision}`, changes: isKnown ? changes : null }
    },
    entitlement(node: number, client: string, cursor: string | null) {
      if (cursor !== null) store.catchUp(node, cursor)
      const { history } = store.now
      const of = (about: string) => valueAt(history, nodes[node]!, about)
      return anEntitlementDocument({
        client: { clientId: client, tokensNotBefore: of(client) },
        organization: { tokensNotBefore: of('organization') },
        asOf: store.asOf(node),
      })
    },
  }
  return store
}

function readCursor(cursor: string): { history: number; revision: number } {
  const [history, revision] = cursor.split(' ').map(Number) as [number, number]
  return { history, revision }
}

const clients = ['client-0', 'client-1', 'client-2']
const kinds = ['change', 'change', 'catch up', 'event', 'event', 'deliver', 'decide', 'decide', 'answer', 'answer', 'wait', 'restore']
const step = fc.record({ kind: fc.constantFrom(...kinds), index: fc.nat(11), flag: fc.boolean() })

/** Runs the steps; each violation is an assertion that fails. @param catchesUp whether a node reads its store for a guard that knows more */
async function run(steps: readonly { kind: string; index: number; flag: boolean }[], catchesUp: boolean): Promise<void> {
  const store = aStore()
  const clock = aClock()
  const waiting: (() => void)[] = []
  const decisions: Promise<void>[] = []
  let isQuiet = false
  let requests = 0
  const entitlements = createRemoteEntitlements({
    issuer,
    audience,
    freshSeconds: 5,
    maxAgeSeconds: 300,
    clock: clock.steady,
    random: () => 0,
    onError: (error) => assert.match(error.message, /less than it told before|everything may have changed/),
    fetch: async (input, init) => {
      const url = new URL(String(input))
      const node = requests++ % 2
      const cursor = catchesUp ? new Headers(init?.headers).get('last-event-id') : null
      const answer = () =>
        url.pathname.endsWith('changes')
          ? store.changesSince(node, url.searchParams.get('after'))
          : store.entitlement(node, url.searchParams.get('client_id')!, cursor)
      // Some answers are made early, and all of them arrive late.
      const early = requests % 3 > 0 ? answer() : undefined
      if (!isQuiet) await new Promise<void>((resolve) => waiting.push(resolve))
      return Response.json(early ?? answer())
    },
  })
  let feed: { since: HistoryMark; cursor: string | null; readonly sent: ChangesDocument[] } | undefined
  let [epoch, revision] = [0, 0]

  function checkPlace(): void {
    const { mark } = entitlements
    if (mark.epoch === epoch) assert.ok((entitlements.revision ?? 0) >= revision, `back from ${revision} to ${entitlements.revision}`)
    epoch = mark.epoch
    revision = entitlements.revision ?? 0
  }

  async function decide(client: string): Promise<void> {
    const { cursor } = entitlements.mark
    const finding = entitlements.find({ clientId: client, organizationId } as VerifiedToken)
    const found = finding && 'then' in finding ? await finding.catch(() => undefined) : finding
    if (!found || cursor === undefined) return
    const known = readCursor(cursor)
    for (const [about, value] of [
      [client, found.client.rights.tokensNotBefore],
      ['organization', found.organization.rights.tokensNotBefore],
    ] as const) {
      const log = store.histories[known.history]!.log.filter((entry) => entry.about === about).map((entry) => entry.value)
      const least = log.indexOf(store.valueAt(known.history, known.revision, about))
      // Of a later history its value is another one, unless it is from before the restore.
      const isOfLater = store.now.history > known.history
      assert.ok(isOfLater || log.indexOf(value) >= least, `${about}: ${value} after ${cursor} was known (${log.join()})`)
    }
  }

  function deliver(): void {
    const document = feed?.sent.shift()
    if (!feed || !document) return
    const next = entitlements.push(document, feed.since, clock.steady())
    if (next) feed.since = next
    else feed = undefined
  }

  for (const { kind, index, flag } of steps) {
    const { now } = store
    if (kind === 'change') store.change(flag ? 'organization' : clients[index % 3]!)
    if (kind === 'catch up') store.nodes[index % 2] = now.revision
    if (kind === 'restore' && index < 4) {
      store.restore(Math.max(0, now.revision - 2), flag)
      feed = undefined // The connections to the old nodes are gone.
    }
    const { mark } = entitlements
    if (mark.cursor !== undefined) feed ??= { since: mark, cursor: mark.cursor, sent: [] }
    if (kind === 'event' && feed) {
      const document = store.changesSince(0, feed.cursor)
      feed.cursor = document.cursor
      feed.sent.push(document)
      if (flag) while (feed?.sent.length) deliver()
    }
    if (kind === 'deliver') deliver()
    if (kind === 'decide') decisions.push(decide(clients[index % 3]!))
    if (kind === 'answer') waiting.splice(index % Math.max(1, waiting.length), 1)[0]?.()
    if (kind === 'wait') clock.advance(index % 2 ? 5 : 1)
    await settled()
    checkPlace()
  }

  isQuiet = true
  store.nodes.fill(store.now.revision)
  for (let turn = 0; turn < 20; turn++) {
    waiting.splice(0).forEach((end) => end())
    deliver()
    await settled()
    checkPlace()
  }
  await Promise.all(decisions)
  clock.advance(40)
  for (const client of clients) {
    const found = await entitlements.find({ clientId: client, organizationId } as VerifiedToken)
    const { history, revision: last } = store.now
    assert.deepEqual(
      [found?.client.rights.tokensNotBefore, found?.organization.rights.tokensNotBefore],
      [store.valueAt(history, last, client), store.valueAt(history, last, 'organization')],
    )
  }
}

test('whatever overtakes what, no decision is made by less than the guard knew when it began, and the guard never goes back', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), fc.boolean(), run), { numRuns: 300 })
})
