// The summary of a realm for its overview: numbers, and what needs attention. It is counted anew for each request, except in a large realm,
// where that takes about a second of the processor at 100,000 clients.
import type { Kysely } from 'kysely'
import type { AdminScope, OperationOutput } from '@countersign/admin'
import { countOpenRequests } from '../access-requests/list-requests.ts'
import { toInstant } from '../api/instants.ts'
import type { Realm } from '../realms/realm.ts'
import { walkRotations } from '../standing/list-rotations.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { hourMs } from '../usage/usage-steps.ts'
import * as attentions from './attention.ts'
import { countAgreement, countClients, countOrganizations, countRefused } from './count-realm.ts'
import { findGuardTroubles } from './guard-attention.ts'
import { listEnding } from './list-cut-offs.ts'
import { findRefusedAgreements } from './refused-agreements.ts'

type Attention = attentions.Attention
type Summary = OperationOutput<'realms.summary'>

interface Counted {
  readonly at: number
  readonly counts: Summary['counts']
  /** Of every kind the first. */
  readonly attention: readonly Attention[]
}

/** For any operator. */
async function countRealm(db: Kysely<Schema>, realm: Realm, now: number): Promise<Counted> {
  const { name } = realm
  const { clients, due } = await countClients(db, realm, now)
  const { rotating, items } = await lookAtRotations(db, realm, now)
  const agreement = await countAgreement(db, realm, now)
  const required = agreement.requiredVersion
  const refused = required === null ? [] : await findRefusedAgreements(db, name, required, now - hourMs)
  const requests = await countOpenRequests(db, name)
  const ending = await listEnding(db, realm, now, { at: now, id: '' }, attentions.maxShown + 1)
  const attention = [
    ...items,
    ...ending.filter(({ at }) => at <= now + attentions.expiryNoticeMs).map((one) => attentions.ofEnding(name, one, now)),
    ...refused.map((one) => attentions.ofRefusedAgreement(name, required!, one)),
    attentions.ofAgreement(name, agreement, now),
    due > 0 ? attentions.ofDueSecrets(name, due) : undefined,
    attentions.ofAccessRequests(name, requests),
    ...(await findGuardTroubles(db, name, now)).map((guard) => attentions.ofGuard(name, guard)),
  ]
  const organizations = await countOrganizations(db, name)
  const refusedLastHour = await countRefused(db, name, now - hourMs)
  return {
    at: now,
    counts: { organizations, clients, rotating, due, agreement, requestsOpen: requests.count, refusedLastHour },
    attention: attentions.sortAttention(attention.filter((item) => item !== undefined)),
  }
}

async function lookAtRotations(db: Kysely<Schema>, realm: Realm, now: number) {
  const items = new Map<Attention['kind'], Attention[]>([
    ['rotation-cuts-off', []],
    ['rotation-can-end', []],
  ])
  let rotating = 0
  for await (const found of walkRotations(db, realm, { sort: 'windowEndsAt' }, now)) {
    rotating += found.length
    for (const rotation of found) {
      const item = attentions.ofRotation(realm.name, rotation, now)
      const ofKind = item && items.get(item.kind)
      if (ofKind && ofKind.length <= attentions.maxShown) ofKind.push(item)
    }
  }
  return { rotating, items: [...items.values()].flat() }
}

/** Rows from which on a count is used again. */
const largeRealm = 5000
/** A count is used for so many times as long as it took. */
const pause = 20

interface Remembered {
  readonly counted: Promise<Counted>
  /** By a clock that only goes on. */
  expiresAt: number
}

/** Counts of a large realm are shared by those who ask at the same time, and used again for a while: they cost at most 5 % of a processor. */
export function createSummaries({ db, clock }: { readonly db: Kysely<Schema>; readonly clock: () => number }) {
  const remembered = new Map<string, Remembered>()

  async function count(realm: Realm): Promise<Counted> {
    const known = remembered.get(realm.name)
    if (known && known.expiresAt > performance.now()) return known.counted
    const startedAt = performance.now()
    const counted = countRealm(db, realm, clock())
    const entry = { counted, expiresAt: known ? Infinity : 0 }
    if (known) remembered.set(realm.name, entry)
    try {
      const { organizations, clients } = (await counted).counts
      if (Math.max(organizations, clients ?? 0) <= largeRealm) remembered.delete(realm.name)
      else remembered.set(realm.name, { counted, expiresAt: performance.now() + pause * (performance.now() - startedAt) })
    } catch (error) {
      remembered.delete(realm.name)
      throw error
    }
    return counted
  }

  return async (realm: Realm, scopes: ReadonlySet<string>): Promise<Summary> => {
    const { at, counts, attention } = await count(realm)
    const lacking = (['clients:read', 'audit:read'] as const satisfies AdminScope[]).filter((scope) => !scopes.has(scope))
    const mayReadClients = scopes.has('clients:read')
    const visible = attention.filter(({ kind }) => !(lacking as readonly string[]).includes(attentions.scopeOf[kind]))
    return {
      realm: realm.name,
      at: toInstant(at),
      counts: {
        ...counts,
        clients: mayReadClients ? counts.clients : null,
        rotating: mayReadClients ? counts.rotating : null,
        due: mayReadClients ? counts.due : null,
        refusedLastHour: scopes.has('audit:read') ? counts.refusedLastHour : null,
      },
      attention: await withOrganizations(db, realm.name, visible.slice(0, attentions.maxShown)),
      more: visible.length > attentions.maxShown,
      lacking,
    }
  }
}

/** Of the clients whose organization is not known yet, by the index of the unique client id. */
async function withOrganizations(db: Kysely<Schema>, realm: string, items: readonly Attention[]): Promise<Attention[]> {
  const clients = items.flatMap(({ organization, client }) => (organization === null && client !== null ? [client] : []))
  if (clients.length === 0) return [...items]
  const rows = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['client_id', 'organizations.id', 'organizations.slug', 'organizations.name'])
    .where('clients.realm', '=', realm)
    .where('client_id', 'in', oneOf(db, clients))
    .execute()
  const organizations = new Map(rows.map(({ client_id: client, id, slug, name }) => [client, { id, slug, name }]))
  return items.map((item) => ({ ...item, organization: item.organization ?? organizations.get(item.client ?? '') ?? null }))
}
