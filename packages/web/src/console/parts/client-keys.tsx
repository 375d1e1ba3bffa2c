// Public keys by which a client authenticates instead of a secret, or beside it.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'

type Key = OperationOutput<'keys.list'>['keys'][number]

interface ClientKeysProps {
  readonly client: OperationOutput<'clients.get'>
  readonly keys: readonly Key[]
}

export function ClientKeys({ client, keys }: ClientKeysProps): VNode {
  const { realm, clientId, version } = client
  const params = { realm, client: clientId }
  return (
    <Card
      title="Public keys"
      beside={
        <span class="row">
          <Act operation="keys.add" params={params} version={version} label="Add a key" fields={['key', 'reason']} />
          <Act operation="keys.setUri" params={params} version={version} label="Set the URL of its keys" fields={['url', 'reason']} />
        </span>
      }
    >
      <Table
        of={{ items: keys }}
        keyOf={({ id }: Key) => id}
        label="Public keys"
        empty={
          <Empty title="No keys">With a key the client signs a JWT for each token request, so there is no secret that could leak.</Empty>
        }
      >
        <Column title="Key" main cell={(key: Key) => <KeyName of={key} />} />
        <Column title="Algorithm" cell={({ algorithm }: Key) => algorithm ?? <span class="soft">as each key says</span>} />
        <Column title="Added" cell={({ createdAt }: Key) => <Time at={createdAt} />} />
        <Column title="Last used" cell={({ lastUsedAt }: Key) => <Time at={lastUsedAt} />} />
        <Column title="Ends" cell={({ expiresAt }: Key) => <Time at={expiresAt} />} />
        <Column
          title="Change"
          number
          cell={({ id, keyId, jwksUri }: Key) => (
            <Act
              operation="keys.remove"
              params={{ ...params, key: id }}
              version={version}
              label="Remove"
              title={`Remove ${jwksUri === null ? `the key ${keyId ?? ''}`.trim() : 'the URL'}?`}
              tone="danger"
              fields={['reason', 'cutTokens', 'force']}
              consequence={<p>The client can no longer get tokens by it. If it is the only one, the client stops.</p>}
            />
          )}
        />
      </Table>
    </Card>
  )
}

function KeyName({ of: { keyId, jwksUri, source } }: { readonly of: Key }): VNode {
  if (jwksUri !== null) return <Name>{jwksUri}</Name>
  return keyId === null ? <span>{source}</span> : <Copyable text={keyId} name="key id" />
}
