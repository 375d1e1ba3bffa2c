// The one field of the explain page: a request id goes into the address, a token never leaves the memory of the page but for the question.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { hrefOf, pathTo } from '../../shared/links.tsx'
import { forgetToken, keepToken } from '../token-to-explain.ts'
import { readPasted } from './explain-input.ts'

export function ExplainField({ request = '' }: { readonly request?: string }): VNode {
  const { route } = useLocation()
  const [wrong, setWrong] = useState<string>()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const field = form.elements.namedItem('pasted') as HTMLInputElement
    const pasted = readPasted(field.value)
    setWrong(field.value.trim() === '' ? 'This is needed.' : wrongs[pasted.kind])
    if (wrongs[pasted.kind]) field.focus()
    if (pasted.kind === 'secret') form.reset()
    forgetToken()
    if (pasted.kind === 'token') {
      keepToken(pasted.token)
      form.reset()
      route(hrefOf('/explain'))
    }
    if (pasted.kind === 'request') route(hrefOf(pathTo('explain', pasted.id)))
  }
  return (
    <form class="grid text" onSubmit={submit} key={request} noValidate>
      <label class="field">
        <span>Request id, or a token</span>
        <input
          name="pasted"
          data-filter
          aria-required
          autocomplete="off"
          spellcheck={false}
          defaultValue={request}
          aria-invalid={wrong !== undefined || undefined}
          aria-describedby="pasted-hint"
        />
        <small id="pasted-hint">
          {wrong ? (
            <span class="wrong" role="alert">
              {wrong}
            </span>
          ) : (
            'The id is in the header X-Request-Id of the response, and in "instance" of its problem. A token is sent to this server, which does not keep it.'
          )}
        </small>
      </label>
      <p>
        <button type="submit" class="primary">
          Explain
        </button>
      </p>
    </form>
  )
}

const wrongs = {
  request: undefined,
  token: undefined,
  secret:
    'This is a client secret. It was sent nowhere, but what is pasted into a browser is easily kept: replace it on the page of its client.',
  other: 'This is neither the id of a request nor a token: an id has no blanks and at most 64 characters.',
} as const
