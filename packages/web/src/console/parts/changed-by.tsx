import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link } from '../../shared/links.tsx'

type Made = Pick<OperationOutput<'requests.explain'>, 'changedBy' | 'unchanged' | 'certain'>

/** The change that made it so: who, when and why; or in a sentence why there is none. */
export function ChangedBy({ changedBy, unchanged, certain }: Made): VNode | null {
  if (changedBy === null) return unchanged === null ? null : <p class="soft">{unchanged}</p>
  const { at, kind, by, reason, requestId } = changedBy
  return (
    <p>
      {certain ? 'Changed by ' : 'Most likely changed by '}
      {by === null ? (
        'an unknown actor'
      ) : (
        <b>
          <Name>{by.name ?? by.id}</Name>
        </b>
      )}
      {', '}
      <Time at={at} /> (<code>{kind}</code>){reason === null ? ', without a reason' : ': '}
      {reason !== null && (
        <q>
          <Name>{reason}</Name>
        </q>
      )}
      {requestId !== null && (
        <>
          {' '}
          <Link to={`/audit?tab=all&since=all&request=${encodeURIComponent(requestId)}`}>In the audit log</Link>
        </>
      )}
    </p>
  )
}
