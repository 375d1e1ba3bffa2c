// The clients on the home page: the one that there is with what its backend needs, or a list.
import type { VNode } from 'preact'
import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { mayRotate } from '../own.ts'
import { lastTokenOf, stateOf, type OwnClient } from '../clients.ts'
import { canMakeClient, kinds, type AccessRequest } from '../requests.ts'
import { Addresses } from './addresses.tsx'
import { AskFor } from './ask-for.tsx'

const mostShown = 6

interface HomeClientsProps {
  readonly clients: readonly OwnClient[]
  readonly requests: readonly AccessRequest[]
}

export function HomeClients({ clients, requests }: HomeClientsProps): VNode {
  const [only, ...others] = clients
  const asked = requests.some(({ kind, state }) => kind === 'client' && state === 'open')
  const isApproved = requests.some(canMakeClient)
  if (!only)
    return (
      <Card title="Your clients">
        <Empty title={isApproved ? 'Not made yet' : asked ? 'Your client waits for the provider' : 'No client yet'}>
          {kinds.client.why}
        </Empty>
        {!asked && !isApproved && (
          <div class="row">
            <AskFor kind="client" tone="primary" />
          </div>
        )}
      </Card>
    )
  if (others.length === 0) return <OneClient client={only} />
  return (
    <Card title="Your clients" beside={<Link to="/clients">All clients</Link>}>
      <ul class="lines">
        {clients.slice(0, mostShown).map((client) => (
          <li key={client.clientId} class="row spread">
            <span>
              <Link to={pathTo('clients', client.clientId)}>
                <Name>{client.name}</Name>
              </Link>{' '}
              {lastTokenOf(client) !== null && (
                <span class="soft">
                  last token <Time at={lastTokenOf(client)} />
                </span>
              )}
            </span>
            <State client={client} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function OneClient({ client }: { readonly client: OwnClient }): VNode {
  const { clientId, name, secrets, standing } = client
  const path = pathTo('clients', clientId)
  return (
    <Card title="Your client" beside={<State client={client} />}>
      <div class="grid">
        <p>
          <Link to={path}>
            <Name>{name}</Name>
          </Link>
          {secrets[0] && (
            <span class="soft">
              {' '}
              · secret <code>…{secrets[0].lastFour}</code>, made <Time at={secrets[0].createdAt} />
            </span>
          )}
        </p>
        <Addresses clientId={clientId} />
        <div class="row">
          {mayRotate(client) && (
            <Link to={`${path}/rotate`} class="button">
              {(standing?.rotation ?? 'stable') === 'stable' ? 'Replace the secret' : 'Go on with the replacement'}
            </Link>
          )}
          <Link to="/try" class="button">
            Try it
          </Link>
        </div>
      </div>
    </Card>
  )
}

function State({ client }: { readonly client: OwnClient }): VNode {
  const { tone, word } = stateOf(client, now())
  return <Chip tone={tone}>{word}</Chip>
}
