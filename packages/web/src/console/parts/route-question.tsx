import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationInput } from '@countersign/admin'

/** Asks whether a route would let a token in: its method and template, and what the request has. */
export type Question = Omit<NonNullable<OperationInput<'tokens.explain'>['body']>, 'token'>

export function RouteQuestion({ ask }: { readonly ask: (question: Question) => void }): VNode {
  const [wrong, setWrong] = useState<string>()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const element = event.currentTarget as HTMLFormElement
    const form = new FormData(element)
    const given = (name: string) => String(form.get(name) ?? '').trim()
    const [, method, route] = /^(?:([A-Za-z]{1,20}) +)?(\/\S{0,255})$/.exec(given('route')) ?? []
    if (route === undefined) {
      element.querySelector('input')?.focus()
      return setWrong(
        given('route') === ''
          ? 'This is needed.'
          : 'Write a method and the template of a route, such as GET /v1/partners/{sellerId}/orders.',
      )
    }
    setWrong(undefined)
    ask({
      route,
      ...(method !== undefined && { method: method.toUpperCase() }),
      ...(given('api') && { api: given('api') }),
      ...(given('partner') && { partner: given('partner').toLowerCase() }),
      ...(given('requestor') && { requestor: given('requestor').toLowerCase() }),
    })
  }
  return (
    <form class="grid" onSubmit={submit} noValidate>
      <div class="row filters">
        <label class="field">
          <span>Method and route</span>
          <input
            name="route"
            aria-required
            placeholder="GET /v1/partners/{sellerId}/orders"
            spellcheck={false}
            aria-invalid={wrong !== undefined}
          />
        </label>
        <label class="field">
          <span>API (optional)</span>
          <input name="api" maxLength={64} spellcheck={false} />
        </label>
        <label class="field">
          <span>Partner (optional)</span>
          <input name="partner" maxLength={36} spellcheck={false} />
        </label>
        <label class="field">
          <span>Requestor-ID (optional)</span>
          <input name="requestor" maxLength={36} spellcheck={false} />
        </label>
        <button type="submit">Ask</button>
      </div>
      {wrong && (
        <p class="wrong" role="alert">
          {wrong}
        </p>
      )}
    </form>
  )
}
