import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { TextField } from '../../shared/components/text-field.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { Samples } from '../../shared/samples.tsx'
import { mayAs, session } from '../../shared/session.ts'
import { clientsOfOwn, pickClient, type OwnClient } from '../clients.ts'
import { isPerson, mayRotate, meUrl } from '../own.ts'
import { Addresses } from '../parts/addresses.tsx'
import { AskFor } from '../parts/ask-for.tsx'
import { Claims } from '../parts/claims.tsx'
import { ClientFilter } from '../parts/client-choice.tsx'
import { askForToken, readTokenParts, type TokenAnswer } from '../try-token.ts'

type Preview = OperationOutput<'clients.previewToken'>

export const page = definePage({
  path: '/try',
  title: 'Try it',
  query: { client: '' },
  data: () => ({ clients: clientsOfOwn() }),
  view: ({ client, clients: { items } }) => {
    const picked = pickClient(items, client)
    return (
      <Page title="Try it">
        <ClientFilter clients={items} usual={pickClient(items, '')} />
        {picked ? <Try key={picked.clientId} client={picked} /> : <NoClient />}
      </Page>
    )
  },
})

function NoClient(): VNode {
  return (
    <Card>
      <Empty title="No client yet">
        A client gets tokens. Ask the provider for one; once it is approved, you make it here, with its secret.
      </Empty>
      <div class="row">
        <AskFor kind="client" />
      </div>
    </Card>
  )
}

function Try({ client }: { readonly client: OwnClient }): VNode {
  const { clientId, realm } = client
  const { answers, error, refresh } = useReads({
    preview: read('clients.previewToken', { params: { realm, client: clientId } }, { every: 300_000 }),
  })
  const { issuer = '', tokenUrl } = session.value ?? {}
  const apiUrl = meUrl()
  // Nothing moves when it comes.
  if (!answers && !error) return <Skeleton lines={12} />
  return (
    <>
      <div class="grid">
        <Card title="Get a token">
          {mayAs('developer') ? (
            <div class="grid">
              <TokenForm client={client} />
              {isPerson() && mayRotate(client) && (
                <p class="small soft">
                  You do not have the secret? <Link to={`${pathTo('clients', clientId)}/rotate`}>Replace it</Link>: the new one is shown to
                  you.
                </p>
              )}
            </div>
          ) : (
            <p class="soft">You may look: asking for a token needs the role “developer”.</p>
          )}
        </Card>
        <Card title="What the request needs">
          <Addresses clientId={clientId} />
        </Card>
      </div>
      <Card title="What a token of yours says">
        <div class="grid">{answers ? <Previewed preview={answers.preview} /> : error && <Failure error={error} retry={refresh} />}</div>
      </Card>
      {tokenUrl !== undefined && (
        <Card title="The same in your language">
          <Samples values={{ issuer, tokenUrl, clientId, ...(apiUrl !== undefined && { apiUrl }) }} />
        </Card>
      )}
    </>
  )
}

function Previewed({ preview: { bytes, claims } }: { readonly preview: Preview }): VNode {
  return (
    <>
      <p class="soft">This is what the next token will say, about {bytes} bytes. No token was made for it.</p>
      <Claims claims={claims} />
    </>
  )
}

function TokenForm({ client: { clientId, scopes } }: { readonly client: OwnClient }): VNode {
  const form = useRef<HTMLFormElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<CallError>()
  const [answer, setAnswer] = useState<TokenAnswer>()
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(form.current!)
    setBusy(true)
    setError(undefined)
    setAnswer(undefined)
    try {
      const clientSecret = String(fields.get('clientSecret')).trim()
      setAnswer(await askForToken({ ...(isPerson() && { clientId }), clientSecret, scope: fields.getAll('scope').join(' ') }))
      form.current?.reset()
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  return (
    <form ref={form} class="grid" onSubmit={(event) => void submit(event)}>
      <TextField
        name="clientSecret"
        type="password"
        label="Client secret"
        autocomplete="off"
        maxLength={256}
        hint="It is sent to the token endpoint once. Neither it nor the token is kept."
      />
      {scopes.length > 0 && (
        <fieldset class="group">
          <legend>Scopes; all if none is chosen</legend>
          <div class="picks">
            {scopes.map((scope) => (
              <label key={scope} class="row">
                <input type="checkbox" name="scope" value={scope} />
                <code>
                  <Name>{scope}</Name>
                </code>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <p>
        <button type="submit" class="primary" disabled={isBusy}>
          Get a token
        </button>
      </p>
      {error && <Failure error={error} />}
      {answer && <Answer answer={answer} />}
    </form>
  )
}

/** The token itself is not shown: it could be used as long as it is good. */
function Answer({ answer: { status, body } }: { readonly answer: TokenAnswer }): VNode {
  const { access_token: token, ...rest } = body
  if (typeof token !== 'string')
    return (
      <Callout tone="bad">
        <p role="alert">
          <b>
            {status} <code>{String(body['error'] ?? '')}</code>
          </b>{' '}
          <Name>{String(body['error_description'] ?? 'The token endpoint refused it.')}</Name>{' '}
          {String(body['error_uri']).startsWith('http') && <a href={String(body['error_uri'])}>See every cause</a>}
        </p>
      </Callout>
    )
  const parts = readTokenParts(token)
  return (
    <>
      <Callout tone="ok">
        <p role="status">
          <b>It works.</b> The token is good for {String(rest['expires_in'] ?? '?')} seconds.
        </p>
        <p>
          <Copyable text={token} shown={`${token.slice(0, 12)}…`} name="token" />
        </p>
      </Callout>
      {parts && <Claims claims={parts.claims} />}
    </>
  )
}
