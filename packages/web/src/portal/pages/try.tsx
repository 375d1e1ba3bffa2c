import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { Samples } from '../../shared/samples.tsx'
import { session } from '../../shared/session.ts'
import { meUrl, own } from '../own.ts'
import { Addresses } from '../parts/addresses.tsx'
import { Claims } from '../parts/claims.tsx'
import { askForToken, readTokenParts, type TokenAnswer } from '../try-token.ts'

type Preview = OperationOutput<'clients.previewToken'>

export const page = definePage({
  path: '/try',
  title: 'Try it',
  data: () => {
    const { realm, client } = own()
    return {
      client: read('clients.get', { params: { realm, client } }),
      preview: read('clients.previewToken', { params: { realm, client } }, { every: 300_000 }),
    }
  },
  view: ({ client, preview }) => <Try client={client} preview={preview} />,
})

function Try({ client, preview }: { readonly client: OperationOutput<'clients.get'>; readonly preview: Preview }): VNode {
  const { issuer = String(preview.claims['iss'] ?? ''), tokenUrl } = session.value ?? {}
  const apiUrl = meUrl()
  return (
    <Page title="Try it">
      <div class="grid cols">
        <Card title="Get a token">
          <TokenForm scopes={client.scopes} />
        </Card>
        <Card title="What the request needs">
          <Addresses clientId={client.clientId} />
        </Card>
      </div>
      <Card title="What a token of yours says">
        <div class="grid">
          <p class="soft">This is what the next token will say, about {preview.bytes} bytes. No token was made for it.</p>
          <Claims claims={preview.claims} />
        </div>
      </Card>
      {tokenUrl !== undefined && (
        <Card title="The same in your language">
          <Samples values={{ issuer, tokenUrl, clientId: client.clientId, ...(apiUrl !== undefined && { apiUrl }) }} />
        </Card>
      )}
    </Page>
  )
}

function TokenForm({ scopes }: { readonly scopes: readonly string[] }): VNode {
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
      setAnswer(await askForToken(String(fields.get('clientSecret')).trim(), fields.getAll('scope').join(' ')))
      form.current?.reset()
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  return (
    <form ref={form} class="grid" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Client secret</span>
        <input name="clientSecret" type="password" autocomplete="off" required maxLength={256} />
        <small>It is sent to the token endpoint once. Neither it nor the token is kept.</small>
      </label>
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
          <Name>{String(body['error_description'] ?? 'The token endpoint refused it.')}</Name>
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
