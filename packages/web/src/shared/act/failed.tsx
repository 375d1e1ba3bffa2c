// What a dialog shows when its step failed, and what can be done about it.
import type { VNode } from 'preact'
import type { CallError } from '../call-error.ts'
import { Callout } from '../components/card.tsx'
import { Failure } from '../components/failure.tsx'
import { describePointer } from './field-names.ts'
import type { Failed } from './outcome.ts'
import { SignInAgain } from './sign-in-again.tsx'

export interface StepFailedProps {
  readonly kind: Exclude<Failed, 'changed'>
  readonly error: CallError
  /** Errors of members that the form does not show. */
  readonly rest?: CallError['errors']
  /** Sends the same step again. */
  readonly onAgain: () => void
}

export function StepFailed({ kind, error, rest = error.errors, onAgain }: StepFailedProps): VNode {
  switch (kind) {
    case 'lost':
      return (
        <section class="callout warn" role="alert">
          <h3>We do not know whether it was done</h3>
          <p>The answer of the server was lost. Asking again is safe: it is done once.</p>
          <Again onAgain={onAgain}>Ask again</Again>
        </section>
      )
    case 'away':
      return (
        <section class="callout warn" role="alert">
          <h3>{error.title}</h3>
          <p>{error.detail}</p>
          {error.remedy && <p>{error.remedy}</p>}
          <Again onAgain={onAgain}>Try again</Again>
        </section>
      )
    case 'again':
      return <SignInAgain onConfirmed={onAgain} />
    case 'signed-out':
      return (
        <Callout tone="warn">
          <p>Your session had ended. Nothing was changed, and what you typed is still here.</p>
          <Again onAgain={onAgain}>Go on</Again>
        </Callout>
      )
    case 'fields':
      return rest.length > 0 ? (
        <section class="callout bad" role="alert">
          <h3>{error.title}</h3>
          <ul>
            {rest.map(({ pointer, detail }) => (
              <li key={pointer}>
                {pointer === '' ? '' : `${describePointer(pointer)}: `}
                {detail}
              </li>
            ))}
          </ul>
          <p>{error.remedy}</p>
        </section>
      ) : (
        <p class="callout bad" role="alert">
          It was not done. See what is marked below.
        </p>
      )
    case 'refused':
      return <Failure error={error} />
  }
}

function Again({ onAgain, children }: { readonly onAgain: () => void; readonly children: string }): VNode {
  return (
    <div class="row">
      <button type="button" onClick={onAgain}>
        {children}
      </button>
    </div>
  )
}
