// Three processes behind a load balancer, five guards that report to them, and companies that are each refused for another reason.
import { createRemoteGuard, type RemoteGuard } from '@countersign/guard'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { startBalancer } from '../balancer.ts'
import { inRealm, realm, startServedNodes, type Credentials, type ServedNode, type ServedNodes } from '../served-nodes.ts'
import { explainAsPage, explainAsProgram, type Explain } from './explain.ts'
import { openQuery, type Query } from './query.ts'

export interface Company extends Credentials {
  readonly organization: string
}

export interface RefusalCluster {
  readonly served: ServedNodes
  readonly nodes: readonly ServedNode[]
  readonly publicUrl: string
  /** Of the database. */
  readonly query: Query
  readonly guardCredentials: Credentials
  readonly guards: readonly RemoteGuard[]
  /** For which a token of a minute has expired. */
  readonly guardAhead: RemoteGuard
  readonly explain: Explain
  /** An organization with a client; with the agreement accepted unless it says otherwise. */
  aCompany(name: string, settings?: { readonly agreement?: string | null; readonly accessTokenLifetime?: number }): Promise<Company>
  tokenOf(company: Credentials): Promise<string>
  close(): Promise<void>
}

export const requiredAgreement = '2026-01'

/** How far the clock of the guard is ahead: a minute, and what guards allow for differences of clocks. */
const aheadMs = 70_000

export interface ClusterOptions {
  readonly isCompiled: boolean
  readonly guards: number
  /** Refusals are explained to the page of the console, with the session of an operator, and not to a program with its token. */
  readonly asPage?: boolean
}

export async function startRefusalCluster(options: ClusterOptions): Promise<RefusalCluster> {
  // Whatever had started by a failure would keep this process alive.
  await using started = new AsyncDisposableStack()
  const port = await findFreePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const served = await startServedNodes({
    store: 'postgres',
    count: 3,
    settings: `publicUrl: ${publicUrl}${options.asPage ? '\nconsole: {}' : ''}`,
    realmSettings: `accessTokenLifetime: 1h, requiredDpaVersion: "${requiredAgreement}", capabilities: { kyc: flag }, rateLimitTiers: { least: { requests: 1, per: 1d } }`,
    isCompiled: options.isCompiled,
    measuresMemory: true,
  })
  started.defer(() => served.close())
  const { nodes, setup } = served
  const balancer = await startBalancer(
    port,
    nodes.map(({ url }) => Number(new URL(url).port)),
  )
  started.defer(() => balancer.close())
  const guardCredentials = await served.aClient('provider', { scopes: ['entitlements:read', 'decisions:write'] })
  const aGuard = (api: string, differenceMs = 0) =>
    createRemoteGuard({
      issuer: `${publicUrl}/${realm}`,
      realm,
      audience: 'api',
      credentials: guardCredentials,
      reports: { api },
      clock: () => Date.now() + differenceMs,
    })
  const guards = Array.from({ length: options.guards }, (_, number) => aGuard(`api-${number}`))
  const guardAhead = aGuard('api-ahead', aheadMs)
  const all = [...guards, guardAhead]
  started.defer(async () => void (await Promise.all(all.map((guard) => guard.close()))))
  for (const guard of all)
    await eventually('a guard is ready', () =>
      guard.ready().then(
        () => true,
        () => false,
      ),
    )

  const query = await openQuery(served.database!.url)
  started.defer(() => query.close())
  const explain = options.asPage ? await explainAsPage(nodes[0]!, served.operator) : explainAsProgram
  const running = started.move()
  return {
    served,
    nodes,
    publicUrl,
    query,
    guardCredentials,
    guards,
    guardAhead,
    explain,
    async aCompany(slug, { agreement = requiredAgreement, ...settings } = {}) {
      await setup.call('organizations.create', { params: inRealm, body: { slug, name: slug } })
      if (agreement !== null)
        await setup.call('dpa.accept', {
          params: { ...inRealm, organization: slug },
          body: { version: agreement, acceptedBy: 'Legal department' },
        })
      const { client, clientSecret } = await setup.call('clients.create', {
        params: inRealm,
        body: { organization: slug, name: slug, ...settings },
      })
      return { organization: slug, clientId: client.clientId, clientSecret: clientSecret! }
    },
    async tokenOf(company) {
      return eventually(`"${company.clientId}" gets a token`, async () => {
        const { status, json } = await nodes[0]!.requestToken(company)
        return status === 200 && String(json['access_token'])
      })
    },
    close: () => running.disposeAsync(),
  }
}
