import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeClient } from '../../shared/client-state.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { readUses, SecretUses } from '../../shared/secret-uses.tsx'
import { mayAs } from '../../shared/session.ts'
import { clientsOfOwn, lastTokenOf, usesKeys } from '../clients.ts'
import { mayRotate, own } from '../own.ts'
import { AskFor } from '../parts/ask-for.tsx'
import { Addresses } from '../parts/addresses.tsx'

type Rotation = OperationOutput<'rotation.get'>
type Secret = Rotation['secrets'][number]

export const page = definePage({
  path: '/clients/:client',
  title: 'Client',
  data: ({ client }) => {
    const { realm } = own()
    return {
      found: read('clients.get', { params: { realm, client } }),
      rotation: read('rotation.get', { params: { realm, client } }),
      uses: readUses({ realm, client }, mayAs('developer')),
      clients: clientsOfOwn(),
    }
  },
  view: ({ found, rotation, clients }) => (
    <Client
      client={found}
      rotation={rotation}
      lastUsedAt={lastTokenOf(clients.items.find(({ clientId }) => clientId === found.clientId) ?? found)}
    />
  ),
})

interface ClientProps {
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: Rotation
  readonly lastUsedAt: string | null
}

function Client({ client, rotation, lastUsedAt }: ClientProps): VNode {
  const { realm, clientId, name, scopes, secrets } = client
  const { tone, word } = describeClient(
    {
      ...client,
      rotation: rotation.state,
      isDue: rotation.due.isDue && secrets.length > 0,
      hasCredential: secrets.length > 0 || usesKeys(client),
      lastUsedAt,
    },
    now(),
  )
  return (
    <Page
      title={<Name>{name}</Name>}
      name={name}
      beside={<Chip tone={tone}>{word}</Chip>}
      trail={[{ to: '/clients', name: 'Clients' }]}
      actions={
        <>
          {mayRotate(client) && (
            <Link to={`${pathTo('clients', clientId)}/rotate`} class="button primary">
              {rotation.state === 'stable' ? 'Replace the secret' : 'Go on with the replacement'}
            </Link>
          )}
          <Link to={`/try?${new URLSearchParams({ client: clientId })}`} class="button">
            Try it
          </Link>
        </>
      }
    >
      <Card title="Secrets" beside={<Due rotation={rotation} />}>
        <Secrets client={client} rotation={rotation} />
      </Card>
      <Card title="Used from">
        {mayAs('developer') ? (
          <div class="grid">
            <SecretUses realm={realm} client={clientId} />
            {lastUsedAt !== null && (
              <p class="small soft">
                An address that you do not know? Ask the provider to revoke the secret that it used, and replace it: a revoked secret gets
                no tokens from then on.
              </p>
            )}
          </div>
        ) : (
          <p class="soft">Addresses and programs are shown to colleagues with the role “developer” or “admin”.</p>
        )}
      </Card>
      <div class="grid cols">
        <Card title="For your backend">
          <Addresses clientId={clientId} />
        </Card>
        <Card title="Scopes" beside={<AskFor kind="scope" clients={[client]} />}>
          {scopes.length === 0 ? (
            <p class="soft">None.</p>
          ) : (
            <ul class="lines">
              {scopes.map((scope) => (
                <li key={scope}>
                  <code>
                    <Name>{scope}</Name>
                  </code>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </Page>
  )
}

function Due({ rotation: { due, state, secrets } }: { readonly rotation: Rotation }): VNode | null {
  if (state !== 'stable' || !due.isDue || secrets.length === 0) return null
  return (
    <span class="soft">
      Due for replacement since <Time at={due.remindAt} />
    </span>
  )
}

function Secrets({ client, rotation }: Pick<ClientProps, 'client' | 'rotation'>): VNode {
  return (
    <Table
      of={{ items: rotation.secrets }}
      keyOf={({ id }: Secret) => id}
      label="Secrets"
      empty={
        <Empty title="No secret">
          {usesKeys(client) ? 'It authenticates with a key.' : 'This client gets no tokens until one is made.'}
        </Empty>
      }
    >
      <Column
        title="Secret"
        main
        cell={({ lastFour, state }: Secret) => (
          <>
            <code>…{lastFour}</code>
            {state !== 'current' && <span class="soft"> {state}</span>}
          </>
        )}
      />
      <Column title="Made" cell={({ createdAt }: Secret) => <Time at={createdAt} />} />
      <Column title="First used" cell={({ firstUsedAt }: Secret) => <Time at={firstUsedAt} />} />
      <Column title="Last used" cell={({ lastUsedAt }: Secret) => <Time at={lastUsedAt} />} />
      <Column
        title="Ends"
        cell={({ expiresAt, state }: Secret) => <Time at={state === 'old' ? (rotation.windowEndsAt ?? expiresAt) : expiresAt} />}
      />
    </Table>
  )
}
