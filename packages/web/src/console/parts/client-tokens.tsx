// What the tokens of a client say: how it is set, and the next token as it would be, without making one.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { read, useReads } from '../../shared/reads.ts'

type Client = OperationOutput<'clients.get'>

/** The members of a client that decide what its tokens say. */
const members = [
  'subject',
  'claimSet',
  'grant',
  'scopeGrants',
  'defaultScopes',
  'headerType',
  'accessTokenLifetime',
  'signingAlgorithm',
] as const

export function ClientTokens({ client }: { readonly client: Client }): VNode {
  const [isOpen, setOpen] = useState(false)
  const { realm, clientId, version, accessTokenLifetime, signingAlgorithm, claimSet, tokensNotBefore } = client
  const initial = Object.fromEntries(members.flatMap((member) => (client[member] === undefined ? [] : [[member, client[member]]])))
  return (
    <Card
      title="Its tokens"
      beside={
        <Act
          operation="clients.update"
          params={{ realm, client: clientId }}
          version={version}
          label="Change the tokens"
          title="Change what its tokens say?"
          fields={[...members, 'reason']}
          initial={initial}
          consequence={<p>It counts for new tokens. Those that are out stay as they are until they expire.</p>}
        />
      }
    >
      <div class="grid">
        <dl>
          <dt>Lifetime</dt>
          <dd>{accessTokenLifetime === null ? 'that of the realm' : `${accessTokenLifetime} seconds`}</dd>
          <dt>Algorithm</dt>
          <dd>{signingAlgorithm ?? 'that of the realm'}</dd>
          <dt>Claim set</dt>
          <dd>{claimSet ? <Name>{claimSet}</Name> : 'none'}</dd>
          {tokensNotBefore && (
            <>
              <dt>Refused if issued before</dt>
              <dd>
                <Time at={tokensNotBefore} />
              </dd>
            </>
          )}
        </dl>
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>The next token</summary>
          {isOpen && <Preview realm={realm} client={clientId} />}
        </details>
      </div>
    </Card>
  )
}

function Preview({ realm, client }: { readonly realm: string; readonly client: string }): VNode {
  const [scope, setScope] = useState('')
  const { answers, error, refresh } = useReads({
    preview: read('clients.previewToken', { params: { realm, client }, query: { ...(scope && { scope }) } }, { every: 60_000 }),
  })
  return (
    <div class="grid">
      <form
        class="row filters"
        onSubmit={(event) => {
          event.preventDefault()
          setScope(String(new FormData(event.currentTarget).get('scope') ?? '').trim())
        }}
      >
        <label class="field">
          <span>If it requests these scopes</span>
          <input name="scope" maxLength={4096} placeholder="all that it has" spellcheck={false} />
        </label>
        <button type="submit">Show</button>
      </form>
      {error ? <Failure error={error} retry={refresh} /> : answers ? <Shown preview={answers.preview} /> : <Skeleton lines={4} />}
    </div>
  )
}

function Shown({ preview: { header, claims, response, bytes } }: { readonly preview: OperationOutput<'clients.previewToken'> }): VNode {
  return (
    <>
      <p class="small soft">About {number(bytes)} bytes. Nothing was issued.</p>
      {(
        [
          ['Header', header],
          ['Claims', claims],
          ['Response, without the token', response],
        ] as const
      ).map(([name, value]) => (
        <section key={name}>
          <h3>{name}</h3>
          <pre tabIndex={0}>
            <Name>{JSON.stringify(value, null, 2)}</Name>
          </pre>
        </section>
      ))}
    </>
  )
}
