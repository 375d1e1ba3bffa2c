// The secrets of a client: never their values, but when each was made, first and last used, and how long it is good.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { whyNotClient } from './operator-standing.ts'
import { RevokeSecret } from './leaked-secret.tsx'

type Client = OperationOutput<'clients.get'>
type Rotation = OperationOutput<'rotation.get'>
type Secret = Rotation['secrets'][number]

interface ClientSecretsProps {
  readonly client: Client
  readonly rotation: Rotation
}

export function ClientSecrets({ client, rotation }: ClientSecretsProps): VNode {
  const { realm, clientId } = client
  const { secrets, state, windowEndsAt, due } = rotation
  return (
    <Card
      title="Secrets"
      beside={
        state !== 'stable' ? (
          <Link to={pathTo(realm, 'rotation', clientId)}>Replacement in progress</Link>
        ) : due.isDue && secrets.length > 0 ? (
          <span class="soft">
            Due for replacement since <Time at={due.remindAt} />
          </span>
        ) : undefined
      }
    >
      <Table
        of={{ items: secrets }}
        keyOf={({ id }: Secret) => id}
        label="Secrets"
        empty={<Empty title="No secret">It authenticates by a key, or its last secret was revoked.</Empty>}
      >
        <Column
          title="Secret"
          main
          cell={({ lastFour, state: its }: Secret) => (
            <>
              <code>…{lastFour}</code>
              {its !== 'current' && <span class="soft"> {its}</span>}
            </>
          )}
        />
        <Column title="Made" cell={({ createdAt }: Secret) => <Time at={createdAt} />} />
        <Column title="First used" cell={({ firstUsedAt }: Secret) => <Time at={firstUsedAt} />} />
        <Column title="Last used" cell={({ lastUsedAt }: Secret) => <Time at={lastUsedAt} />} />
        <Column
          title="Ends"
          cell={({ expiresAt, state: its }: Secret) => <Time at={its === 'old' ? (windowEndsAt ?? expiresAt) : expiresAt} />}
        />
        <Column title="If it leaked" number cell={(secret: Secret) => <RevokeSecret client={client} secret={secret} label="Revoke" />} />
      </Table>
    </Card>
  )
}

/** Begins a rotation, or leads to the one in progress: a client has at most two secrets. */
export function ReplaceSecret({ client, rotation }: ClientSecretsProps): VNode {
  const { realm, clientId, secrets, version } = client
  if (rotation.state !== 'stable')
    return (
      <Link to={pathTo(realm, 'rotation', clientId)} class="button primary">
        Go on with the replacement
      </Link>
    )
  const isFirst = secrets.length === 0
  return (
    <Act
      operation="rotation.start"
      params={{ realm, client: clientId }}
      version={version}
      label={isFirst ? 'Make a secret' : 'Replace the secret'}
      title={isFirst ? 'Make a new secret?' : 'Replace the secret?'}
      tone="primary"
      unavailable={whyNotClient(client)}
      fields={isFirst ? ['reason'] : ['window', 'reason']}
      consequence={
        <p>
          {isFirst
            ? 'The client can get tokens with the new secret at once. It is shown only once.'
            : 'Both secrets are good until the old one ends, so nothing stops. The new one is shown only once.'}
        </p>
      }
    />
  )
}
