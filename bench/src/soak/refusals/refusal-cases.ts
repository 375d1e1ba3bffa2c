// One case for each reason for which a request is refused: how it is provoked, and what must be found of it later.
import { randomUUID } from 'node:crypto'
import { param, type RemoteGuard, type Requirement } from '@countersign/guard'
import type { OperationInput } from '@countersign/admin'
import { alterations } from '../signing-keys/alter-token.ts'
import { inRealm, realm, type ServedNode } from '../served-nodes.ts'
import type { Company, RefusalCluster } from './refusal-cluster.ts'

export interface Provoked {
  readonly requestId: string
  readonly code: string
}

export interface RefusalCase {
  readonly name: string
  /** Of the problem. */
  readonly code: string
  /** Where the code has several. */
  readonly reason?: string | undefined
  /** The kind of the change that made it so; undefined if there is none. */
  readonly changedBy?: OperationName | undefined
  /** At any guard and any node. */
  provoke(guard: RemoteGuard, node: ServedNode): Promise<Provoked>
}

type OperationName = 'token.revocation' | Parameters<ServedNode['admin']['call']>[0]

const partner = { kept: randomUUID(), withdrawn: randomUUID() }
const requestor = { kept: randomUUID(), deleted: randomUUID() }
const route = { method: 'GET', route: '/v1/partners/{sellerId}/orders', address: '198.51.100.7' }

/**
 * A token of each company is requested before anything is taken from it.
 * @param waitsForExpiry whether one of a minute has expired when it is used
 */
export async function prepareCases(cluster: RefusalCluster, waitsForExpiry: boolean): Promise<RefusalCase[]> {
  const { nodes, served, aCompany, tokenOf } = cluster
  const { setup: admin } = served
  const cases: RefusalCase[] = []
  const change = <Name extends 'organizations.suspend'>(name: Name, input: OperationInput<Name>) => admin.call(name, input)
  const ofOrganization = ({ organization }: Company) => ({ ...inRealm, organization })

  function atGuard(name: string, code: string, headers: readonly string[], required: Requirement, more: Partial<CaseOptions> = {}): void {
    cases.push({
      name,
      code,
      changedBy: more.changedBy,
      async provoke(any) {
        const guard = more.guard ?? any
        const params = { sellerId: more.sellerId ?? partner.kept }
        const verdict = await guard.authorize(
          { ...route, rawHeaders: headers, url: `/v1/partners/${params.sellerId}/orders`, params },
          required,
        )
        if (verdict.allowed) throw new Error(`"${name}" was allowed`)
        return { requestId: verdict.requestId, code: verdict.code }
      },
    })
  }
  const bearer = (token: string) => ['authorization', `Bearer ${token}`]

  const acme = await aCompany('acme')
  await admin.call('partners.register', { params: { ...inRealm, partner: partner.kept }, body: { name: 'Alder Retail' } })
  await admin.call('partners.register', { params: { ...inRealm, partner: partner.withdrawn }, body: { name: 'Cedar Foods' } })
  for (const id of Object.values(partner))
    await admin.call('partners.authorize', { params: { ...ofOrganization(acme), partner: id }, body: {} })
  const good = await tokenOf(acme)
  await admin.call('partners.withdraw', { params: { ...ofOrganization(acme), partner: partner.withdrawn } })

  atGuard('no token', 'missing-token', [], {})
  atGuard('two spaces', 'malformed-authorization', ['authorization', `Bearer  ${good}`], {})
  atGuard('two tokens', 'several-tokens', [...bearer(good), ...bearer(good)], {})
  for (const [kind, altered] of alterations(good)) atGuard(kind, 'invalid-token', bearer(altered), {})
  atGuard(
    'partner',
    'partner-not-authorized',
    bearer(good),
    { partner: param('sellerId') },
    { sellerId: partner.withdrawn, changedBy: 'partners.withdraw' },
  )

  const brief = await aCompany('brief', { accessTokenLifetime: 60 })
  atGuard('expired', 'expired-token', bearer(await tokenOf(brief)), {}, waitsForExpiry ? {} : { guard: cluster.guardAhead })

  const revoked = await aCompany('revoked')
  const revokedToken = await tokenOf(revoked)
  await nodes[0]!.revoke({ ...revoked, token: revokedToken })
  atGuard('revoked', 'invalid-token', bearer(revokedToken), {}, { changedBy: 'token.revocation' })

  const cut = await aCompany('cut')
  const cutToken = await tokenOf(cut)
  await admin.call('organizations.cutTokens', { params: ofOrganization(cut), body: { reason: 'A laptop was lost' } })
  atGuard('cut', 'invalid-token', bearer(cutToken), {}, { changedBy: 'organizations.cutTokens' })

  const disabled = await aCompany('disabled')
  const ofDisabled = await tokenOf(disabled)
  await admin.call('clients.update', { params: { ...inRealm, client: disabled.clientId }, body: { enabled: false } }, { ifMatch: '*' })
  atGuard('client disabled', 'invalid-token', bearer(ofDisabled), {}, { changedBy: 'clients.update' })

  const suspended = await aCompany('suspended')
  const ofSuspended = await tokenOf(suspended)
  await change('organizations.suspend', { params: ofOrganization(suspended), body: { reason: 'Invoice unpaid' } })
  atGuard('suspended', 'organization-suspended', bearer(ofSuspended), {}, { changedBy: 'organizations.suspend' })

  atGuard('never accepted', 'dpa-missing', bearer(await tokenOf(await aCompany('delta', { agreement: null }))), {})
  atGuard('accepted an older one', 'dpa-outdated', bearer(await tokenOf(await aCompany('cobalt', { agreement: '2025-01' }))), {})

  const reduced = await aCompany('reduced')
  const ofReduced = await tokenOf(reduced)
  await admin.call('clients.update', { params: { ...inRealm, client: reduced.clientId }, body: { scopes: [] } }, { ifMatch: '*' })
  atGuard('scope', 'insufficient-scope', bearer(ofReduced), { scope: 'read' }, { changedBy: 'clients.update' })

  const incapable = await aCompany('incapable')
  const capability = { ...ofOrganization(incapable), capability: 'kyc' }
  await admin.call('capabilities.set', { params: capability, body: { value: true } })
  const ofIncapable = await tokenOf(incapable)
  await admin.call('capabilities.remove', { params: capability })
  atGuard('capability', 'capability-missing', bearer(ofIncapable), { capability: 'kyc' }, { changedBy: 'capabilities.remove' })

  const persons = await aCompany('persons')
  for (const id of Object.values(requestor))
    await admin.call('requestors.create', { params: ofOrganization(persons), body: { id, permissions: ['payments:create'] } })
  const ofPersons = await tokenOf(persons)
  await admin.call('requestors.delete', { params: { ...ofOrganization(persons), requestor: requestor.deleted } })
  await admin.call(
    'requestors.update',
    { params: { ...ofOrganization(persons), requestor: requestor.kept }, body: { permissions: [] } },
    { ifMatch: '*' },
  )
  const permitted = { requestor: { permission: 'payments:create' } } as const
  const forPerson = (id: string) => [...bearer(ofPersons), 'requestor-id', id]
  atGuard('no requestor', 'requestor-id-missing', bearer(ofPersons), permitted)
  atGuard('a requestor that is no id', 'requestor-id-malformed', forPerson('ada'), permitted)
  atGuard('requestor deleted', 'requestor-unknown', forPerson(requestor.deleted), permitted, { changedBy: 'requestors.delete' })
  atGuard('requestor not permitted', 'requestor-not-permitted', forPerson(requestor.kept), permitted, { changedBy: 'requestors.update' })

  const limited = await aCompany('limited')
  await admin.call('capabilities.set', { params: { ...ofOrganization(limited), capability: 'rateLimitTier' }, body: { value: 'least' } })
  const ofLimited = await tokenOf(limited)
  // The one call that each guard allows a day.
  for (const guard of cluster.guards) await guard.authorize({ rawHeaders: bearer(ofLimited), params: {} }, {})
  atGuard('rate', 'rate-limited', bearer(ofLimited), {}, { changedBy: 'capabilities.set' })

  /** At the server itself, whose response names the request. */
  function atServer(
    name: string,
    code: string,
    path: string,
    init: RequestInit,
    { reason, changedBy }: Pick<RefusalCase, 'reason' | 'changedBy'> = {},
  ): void {
    cases.push({
      name,
      code,
      reason,
      changedBy,
      async provoke(_, node) {
        const response = await fetch(node.url + path, { ...init, signal: AbortSignal.timeout(10_000) })
        await response.arrayBuffer()
        if (response.ok) throw new Error(`"${name}" was allowed`)
        return { requestId: response.headers.get('x-request-id') ?? '', code: response.status === 503 ? 'temporarily-unavailable' : code }
      },
    })
  }
  const form = (parameters: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(parameters) })
  const grant = { grant_type: 'client_credentials' }
  const credentials = ({ clientId, clientSecret }: Company, secret = clientSecret) => ({ client_id: clientId, client_secret: secret })
  const token = `/${realm}/token`
  atServer('mistyped secret', 'invalid-client', token, form({ ...grant, ...credentials(acme, 'not-its-secret') }), {
    reason: 'secret-mistyped',
  })
  atServer('wrong secret', 'invalid-client', token, form({ ...grant, ...credentials(acme, reduced.clientSecret) }), {
    reason: 'wrong-secret',
  })
  atServer('unknown client', 'invalid-client', token, form({ ...grant, ...credentials(acme), client_id: 'none-of-ours' }), {
    reason: 'unknown-client',
  })
  atServer('token for a disabled client', 'invalid-client', token, form({ ...grant, ...credentials(disabled) }), {
    reason: 'client-disabled',
    changedBy: 'clients.update',
  })
  atServer('token for a suspended one', 'invalid-client', token, form({ ...grant, ...credentials(suspended) }), {
    reason: 'organization-suspended',
    changedBy: 'organizations.suspend',
  })
  const switchedOff = await aCompany('switched-off')
  const off = { serviceAccountEnabled: false }
  await admin.call('clients.update', { params: { ...inRealm, client: switchedOff.clientId }, body: off }, { ifMatch: '*' })
  atServer('service account off', 'invalid-client', token, form({ ...grant, ...credentials(switchedOff) }), {
    reason: 'service-account-off',
    changedBy: 'clients.update',
  })
  atServer('scope of a token', 'invalid-scope', token, form({ ...grant, ...credentials(reduced), scope: 'read' }), {
    reason: 'scope-not-granted',
    changedBy: 'clients.update',
  })
  atServer('another API', 'invalid-target', token, form({ ...grant, ...credentials(acme), resource: 'https://other.example' }))
  atServer('another grant', 'wrong-grant-type', token, form({ grant_type: 'password', ...credentials(acme) }))
  atServer('no grant', 'malformed-token-request', token, form(credentials(acme)))
  atServer('/v1/me with an altered token', 'invalid-token', `/${realm}/v1/me`, {
    headers: { authorization: `Bearer ${alterations(good)[0]![1]}` },
  })
  atServer('/v1/me without a token', 'missing-token', `/${realm}/v1/me`, {})
  atServer('admin API with a token of a client', 'invalid-token', '/admin/v1/realms', { headers: { authorization: `Bearer ${good}` } })
  return cases
}

interface CaseOptions {
  /** That decides, instead of any. */
  readonly guard: RemoteGuard
  readonly sellerId: string
  readonly changedBy: OperationName | undefined
}
