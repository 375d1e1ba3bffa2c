// What the integrator of a client needs: addresses, the client id, and a program in its language. Never the secret.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import type { CodeSample, SampleValues } from '../../shared/code-samples.ts'

interface GiveToThemProps {
  readonly client: OperationOutput<'clients.get'>
  readonly issuer: string
  readonly tokenUrl: string
}

export function GiveToThem({ client: { clientId }, issuer, tokenUrl }: GiveToThemProps): VNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <Card title="Give it to them">
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

interface SamplesProps {
  readonly values: SampleValues
}

function Samples({ values }: SamplesProps): VNode {
  const [samples, setSamples] = useState<readonly CodeSample[]>()
  const [shown, setShown] = useState('curl')
  const [isFailed, setFailed] = useState(false)
  const { issuer, tokenUrl, clientId } = values
  useEffect(() => {
    import('../../shared/code-samples.ts').then(
      ({ codeSamples }) => setSamples(codeSamples(values)),
      () => setFailed(true),
    )
  }, [issuer, tokenUrl, clientId])
  if (isFailed) return <p class="callout bad">The programs could not be loaded. Load this page again.</p>
  if (!samples) return <Skeleton lines={5} />
  const { before, code } = samples.find(({ name }) => name === shown) ?? samples[0]!
  return (
    <div class="grid">
      <div class="row" role="group" aria-label="Language">
        {samples.map(({ name }) => (
          <button key={name} type="button" aria-pressed={name === shown} onClick={() => setShown(name)}>
            {name}
          </button>
        ))}
      </div>
      <p class="small soft">The secret is never part of it: the program reads it from the variable CLIENT_SECRET.</p>
      <Code text={before} name="the commands" />
      <Code text={code} name="the program" />
    </div>
  )
}

function Code({ text, name }: { readonly text: string; readonly name: string }): VNode {
  return (
    <div class="code">
      <Copyable text={text} shown={name} name={name} />
      <pre tabIndex={0}>
        <Name>{text}</Name>
      </pre>
    </div>
  )
}
