import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf, number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { ClientKeys } from '../parts/client-keys.tsx'
import { ClientMore } from '../parts/client-more.tsx'
import { ClientScopes } from '../parts/client-scopes.tsx'
import { ClientSecrets, ReplaceSecret } from '../parts/client-secrets.tsx'
import { describeClient, lastUseOf } from '../../shared/client-state.ts'
import { ClientTokens } from '../parts/client-tokens.tsx'
import { GiveToThem } from '../parts/give-to-them.tsx'
import { LeakedSecret } from '../parts/leaked-secret.tsx'
import { whyNotClient } from '../parts/operator-standing.ts'
import { refusedRows } from '../parts/refused-by-reason.tsx'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { readUses, SecretUses } from '../../shared/secret-uses.tsx'
import { ClientUsage } from '../parts/usage-plots.tsx'

export const page = definePage({
  path: '/:realm/clients/:client',
  title: 'Client',
  needs: 'clients:read',
  query: { leaked: '' },
  data: ({ realm, client }) => ({
    found: read('clients.get', { params: { realm, client } }),
    rotation: read('rotation.get', { params: { realm, client } }),
    keys: read('keys.list', { params: { realm, client } }),
    uses: readUses({ realm, client }),
    today: read('usage.series', { params: { realm }, query: { client, by: 'outcome' } }),
    realms: read('realms.list', { params: {} }, { every: 300_000, when: may('organizations:read') }),
  }),
  view: ({ found, rotation, keys, uses, today, realms, realm, leaked }) => (
    <Client
      client={found}
      rotation={rotation}
      keys={keys.keys}
      uses={uses}
      today={today}
      facts={realms?.items.find(({ name }) => name === realm)}
      isLeaked={leaked !== ''}
    />
  ),
})

interface ClientProps {
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly keys: OperationOutput<'keys.list'>['keys']
  readonly uses: OperationOutput<'credentials.uses'>
  readonly today: OperationOutput<'usage.series'>
  /** Of its realm, if the reader may see it. */
  readonly facts: OperationOutput<'realms.list'>['items'][number] | undefined
  readonly isLeaked: boolean
}

function Client({ client, rotation, keys, uses, today, facts, isLeaked }: ClientProps): VNode {
  const { realm, clientId, name, organization, secrets, enabled, version } = client
  const lastUsedAt = lastUseOf([...secrets, ...keys], uses.items)
  const { tone, word } = describeClient(
    {
      ...client,
      rotation: rotation.state,
      isDue: rotation.due.isDue && secrets.length > 0,
      hasCredential: secrets.length + keys.length > 0,
      lastUsedAt,
    },
    Date.now(),
  )
  const params = { realm, client: clientId }
  return (
    <Page
      title={<Name>{name}</Name>}
      name={name}
      beside={<Chip tone={tone}>{word}</Chip>}
      trail={[
        { to: pathTo(realm, 'clients'), name: 'Clients' },
        { to: pathTo(realm, 'organizations', organization.slug), name: organization.name },
      ]}
      actions={
        <>
          <ReplaceSecret client={client} rotation={rotation} />
          <LeakedSecret client={client} isButton />
          {enabled ? (
            <Act
              operation="clients.update"
              params={params}
              version={version}
              fixed={{ enabled: false }}
              fields={[]}
              label="Disable"
              title={`Disable ${clientId}?`}
              tone="danger"
              unavailable={whyNotClient(client)}
              consequence={
                <p>
                  <Name>{name}</Name> gets no tokens from now on, and its tokens are refused at once. {tokensAnHour(today)} It can be
                  enabled again.
                </p>
              }
              done={`${clientId} is disabled.`}
            />
          ) : (
            <Act
              operation="clients.update"
              params={params}
              version={version}
              fixed={{ enabled: true }}
              fields={[]}
              label="Enable"
              title={`Enable ${clientId}?`}
              unavailable={whyNotClient(client)}
              consequence={<p>It gets tokens again with the secrets and keys that it has.</p>}
              done={`${clientId} is enabled.`}
            />
          )}
        </>
      }
    >
      <p class="row">
        <Copyable text={clientId} shown={clientId} name="client id" />
        <span class="soft">
          of <Name>{organization.name}</Name> ·{' '}
          {lastUsedAt === null ? (
            'no token yet'
          ) : (
            <>
              last token <Time at={lastUsedAt} />
            </>
          )}{' '}
          · {countOf(issuedOf(today), 'token')} and {refusedToday(today)}
        </span>
      </p>
      {isLeaked && <LeakedSecret client={client} />}
      <Barred client={client} hasCredential={secrets.length + keys.length > 0} />
      <div class="grid cols">
        <Card
          title="Token requests, 7 days"
          beside={<Link to={`${pathTo(realm, 'refusals')}?client=${encodeURIComponent(clientId)}`}>Refusals</Link>}
        >
          <ClientUsage realm={realm} client={clientId} />
        </Card>
        <ClientScopes client={client} />
      </div>
      <ClientSecrets client={client} rotation={rotation} />
      <Card title="Used from">
        <SecretUses realm={realm} client={clientId} />
      </Card>
      <ClientKeys client={client} keys={keys} />
      {facts && <GiveToThem client={client} issuer={facts.issuer} tokenUrl={facts.tokenUrl} />}
      <ClientTokens client={client} />
      <ClientMore client={client} />
    </Page>
  )
}

/** What keeps it from working, in a sentence with the step. */
function Barred({ client, hasCredential }: { readonly client: ClientProps['client']; readonly hasCredential: boolean }): VNode | null {
  const { enabled, serviceAccountEnabled, realm, clientId, version, tokensNotBefore } = client
  if (!enabled) return <Callout tone="warn">It is disabled: its tokens are refused, and it gets no new ones.</Callout>
  if (!serviceAccountEnabled)
    return (
      <Callout tone="warn">
        <p>Its service account is off, which has the same effect as disabling it.</p>
        <p>
          <Act
            operation="clients.update"
            params={{ realm, client: clientId }}
            version={version}
            fixed={{ serviceAccountEnabled: true }}
            fields={[]}
            label="Switch the service account on"
          />
        </p>
      </Callout>
    )
  if (!hasCredential) return <Callout tone="bad">It has neither a secret nor a key: it gets no tokens until a new secret is made.</Callout>
  if (tokensNotBefore && Date.parse(tokensNotBefore) > Date.now())
    return (
      <Callout tone="bad">
        <p>
          All its tokens are refused until <Time at={tokensNotBefore} />, because they were cut while a clock was ahead.
        </p>
        <p>
          <Act operation="clients.lowerCut" params={{ realm, client: clientId }} version={version} label="Accept new tokens now" />
        </p>
      </Callout>
    )
  return null
}

function issuedOf({ series }: OperationOutput<'usage.series'>): number {
  return series.find(({ key }) => key === 'issued')?.total ?? 0
}

/** Also calls: a client that gets tokens may be refused everywhere. */
function refusedToday(today: OperationOutput<'usage.series'>): string {
  const rows = refusedRows(today).toSorted((a, b) => b.count - a.count)
  const refused = rows.reduce((sum, { count }) => sum + count, 0)
  const [most] = rows
  const why = most && most.code !== null ? `, mostly: ${titleOfRefusal(most.code)}` : ''
  return `${countOf(refused, 'refused request')} in 24 hours${why}`
}

function tokensAnHour(today: OperationOutput<'usage.series'>): string {
  const points = today.series.find(({ key }) => key === 'issued')?.points ?? []
  const last = points.at(-2) ?? 0
  return last === 0 ? '' : `About ${number(last)} tokens an hour stop.`
}
