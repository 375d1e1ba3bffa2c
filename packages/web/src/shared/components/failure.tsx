// What is shown when a call failed: what is so, what to do, and the request id to pass on.
import type { VNode } from 'preact'
import type { CallError } from '../call-error.ts'
import { Link } from '../links.tsx'
import { Copyable } from './copyable.tsx'
import { Time } from './time.tsx'

export interface FailureProps {
  readonly error: CallError
  readonly retry?: () => void
  /** When what is below was read; milliseconds since the epoch. */
  readonly readAt?: number
  /** Where to go, if what the page is about does not exist. */
  readonly above?: { readonly to: string; readonly name: string } | undefined
}

export function Failure({ error, retry, readAt, above }: FailureProps): VNode {
  const { title, detail, remedy, requestId, errors } = error
  return (
    <section class="callout bad" role="alert">
      <h2>{title}</h2>
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ pointer, detail: one }) => (
            <li key={pointer}>
              <code>{pointer}</code>: {one}
            </li>
          ))}
        </ul>
      )}
      <p class="soft">{remedy}</p>
      {readAt !== undefined && Number.isFinite(readAt) && (
        <p class="soft">
          What you see below is of <Time at={new Date(readAt).toISOString()} />.
        </p>
      )}
      <div class="row">
        {above && error.status === 404 && (
          <Link class="button" to={above.to}>
            {above.name}
          </Link>
        )}
        {retry && !(above && error.status === 404) && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
        {requestId !== undefined && (
          <span class="small soft">
            Request id <Copyable text={requestId} />
          </span>
        )}
      </div>
    </section>
  )
}
