// Stores hostile texts wherever the server takes a text: from operators, from clients, from guards. What it refuses is counted.
import { createTokenProvider } from '@countersign/client'
import type { DecisionReport, RefusalReport } from '@countersign/protocol'
import { hostileTexts } from './hostile-texts.ts'
import { aClient } from './jobs.ts'
import { fullRealm, type Operator, type ServedPages } from './served-pages.ts'

export interface Stored {
  /** One of each, to be looked at. */
  readonly organizations: readonly string[]
  readonly clients: readonly string[]
  readonly partners: readonly string[]
  /** Of refused requests of the agent that a guard reported. */
  readonly requests: readonly string[]
  /** Versions of the agreement. */
  readonly versions: readonly string[]
  /** A client of Acme, which got tokens by programs with these names. */
  readonly agent: Operator
  /** How many of the texts were taken, by what they became. */
  readonly taken: Readonly<Record<string, number>>
}

const realm = fullRealm
/** At a time. */
const writers = 8

export async function storeHostileTexts({ admin, demo }: ServedPages): Promise<Stored> {
  const { tokenUrl, issuer, guard } = demo.systems['novatrade24']!
  const stored = {
    organizations: [] as string[],
    clients: [] as string[],
    partners: [] as string[],
    requests: [] as string[],
    versions: [] as string[],
  }
  const taken: Record<string, number> = {}
  const attempt = async (what: string, store: () => Promise<unknown>): Promise<boolean> => {
    const isTaken = await store().then(
      () => true,
      () => false,
    )
    taken[what] = (taken[what] ?? 0) + Number(isTaken)
    return isTaken
  }
  const { secret } = await aClient(admin, 'hostile-agent')
  const ask = (headers: Record<string, string>, form: Record<string, string>) =>
    fetch(tokenUrl, { method: 'POST', headers, body: new URLSearchParams({ grant_type: 'client_credentials', ...form }) })
  const guardToken = await createTokenProvider({ tokenUrl, ...guard }).getToken()
  let reports = 0
  const report = async (index: number, text: string) => {
    const headers = { authorization: `Bearer ${guardToken}`, 'content-type': 'application/json' }
    const one = refusalOf(index, text)
    const response = await fetch(`${issuer}/v1/decisions`, { method: 'POST', headers, body: JSON.stringify(reportOf(++reports, one)) })
    if (response.status !== 204) throw new Error(String(response.status))
    stored.requests.push(one.requestId)
  }

  const storeOne = async (text: string, index: number) => {
    const slug = `hostile-${index}`
    const params = { realm, organization: slug }
    const short = text.slice(0, 150)
    // In full, and where it is too long for that, as much of it as is taken.
    for (const name of [text, short]) {
      const isTaken = await attempt('name of an organization', () =>
        admin.call('organizations.create', { params: { realm }, body: { slug, name } }),
      )
      if (isTaken) stored.organizations.push(slug)
      if (isTaken || name === short) break
    }
    const partner = crypto.randomUUID()
    if (
      await attempt('name of a partner', () =>
        admin.call('partners.register', { params: { realm, partner }, body: { name: short, reason: short } }),
      )
    )
      stored.partners.push(partner)
    const body = { organization: 'acme', clientId: slug, name: short, scopes: [] }
    if (await attempt('name of a client', () => admin.call('clients.create', { params: { realm }, body }))) stored.clients.push(slug)
    await attempt('reason', () => admin.call('organizations.suspend', { params, body: { reason: text.slice(0, 480) } }))
    await attempt('who accepted', () => admin.call('dpa.accept', { params, body: { version: '2026-01', acceptedBy: short } }))
    await attempt('what was asked for', () =>
      admin.call('accessRequests.create', { params, body: { kind: 'client', what: short, note: text.slice(0, 480) } }),
    )
    if (index % 4 === 0) {
      const version = `2025-${index}`
      const isTaken = await attempt('text of an agreement', () => {
        const body = {
          version,
          requiredFrom: '2025-01-01T00:00:00Z',
          text: `# ${text}\n\n- ${text}\n\n[${short}](${text})\n`,
        }
        return admin.call('dpa.publish', { params: { realm }, body })
      })
      if (isTaken) stored.versions.push(version)
    }
    await attempt('user agent', async () => {
      const { ok } = await ask({ 'user-agent': text.slice(0, 200) }, { client_id: 'hostile-agent', client_secret: secret })
      if (!ok) throw new Error('refused')
    })
    await attempt('route and what a guard saw', () => report(index, text))
    // A client that does not exist; few of them, because the throttle of the address counts these.
    if (index % 8 === 0) await ask({}, { client_id: text, client_secret: text })
  }
  const waiting = [...hostileTexts.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await storeOne(next[1], next[0])
  }
  await Promise.all(Array.from({ length: writers }, work))
  return { ...stored, taken, agent: { realm, clientId: 'hostile-agent', clientSecret: secret } }
}

function refusalOf(index: number, text: string): RefusalReport {
  return {
    requestId: `${Date.now().toString(16).padStart(12, '0')}-0badcafe-${index.toString(16).padStart(8, '0')}`,
    at: Date.now(),
    code: 'insufficient-scope',
    method: 'GET',
    // A route has only visible ASCII.
    route: `/${text.replace(/[^\x21-\x7e]/g, '/').slice(0, 150)}`,
    clientId: 'hostile-agent',
    tokenId: null,
    address: text.slice(0, 64),
    apiRequestId: text.slice(0, 256),
    callerRequestId: text.slice(0, 256),
    revision: 1,
    reportOnly: false,
    checks: [{ check: 'scope', result: 'failed', saw: text.slice(0, 100) }],
    requires: { scope: ['orders:read'] },
    partnerId: null,
    requestorId: null,
  }
}

function reportOf(number: number, refusal: RefusalReport): DecisionReport {
  return {
    guard: '0badcafe',
    api: 'hostile-api',
    number,
    sentAt: Date.now(),
    health: { mode: 'feed', connected: true, revision: 1, knownAsOfSeconds: 1, reportOnlyUntil: null },
    refusals: [refusal],
    counts: [],
    lost: { refusals: 0, counts: 0 },
  }
}
