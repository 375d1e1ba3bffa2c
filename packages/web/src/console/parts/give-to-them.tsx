// What the integrator of a client needs: addresses, the client id, and a program in its language. Never the secret.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Samples } from '../../shared/samples.tsx'

interface GiveToThemProps {
  readonly client: OperationOutput<'clients.get'>
  readonly issuer: string
  readonly tokenUrl: string
}

export function GiveToThem({ client: { clientId }, issuer, tokenUrl }: GiveToThemProps): VNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <Card title="For its developers">
      <div class="grid">
        <dl>
          <dt>Token URL</dt>
          <dd>
            <Copyable text={tokenUrl} shown={tokenUrl} name="token URL" />
          </dd>
          <dt>Issuer</dt>
          <dd>
            <Copyable text={issuer} shown={issuer} name="issuer" />
          </dd>
          <dt>Client id</dt>
          <dd>
            <Copyable text={clientId} shown={clientId} name="client id" />
          </dd>
        </dl>
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>A program that gets a token and calls an API</summary>
          {isOpen && <Samples values={{ issuer, tokenUrl, clientId }} />}
        </details>
      </div>
    </Card>
  )
}
