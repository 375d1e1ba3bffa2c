// What is shown when a call failed: what is so, what to do, and the request id to pass on.
import type { VNode } from 'preact'
import type { CallError } from '../call-error.ts'
import { Copyable } from './copyable.tsx'
import { Time } from './time.tsx'

export interface FailureProps {
  readonly error: CallError
  readonly retry?: () => void
  /** When what is below was read; milliseconds since the epoch. */
  readonly readAt?: number
}

export function Failure({ error, retry, readAt }: FailureProps): VNode {
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
        {retry && (
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
