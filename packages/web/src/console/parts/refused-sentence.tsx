// What publishing a version does, in a sentence with its number: read from the server when the version is written.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { read, useReads } from '../../shared/reads.ts'
import { judge } from './refused-by-version.ts'

export interface RefusedSentenceProps {
  readonly realm: string
  readonly version: string
  readonly requiredFrom: string
  readonly known: OperationOutput<'dpa.versions'>['items']
}

export function RefusedSentence({ realm, version, requiredFrom, known }: RefusedSentenceProps): VNode {
  const judged = judge(version, Date.parse(requiredFrom), known)
  const query = { limit: 1, ...(judged.kind === 'by-version' && { version: judged.version }) }
  const isAsked = judged.kind === 'by-version' || judged.kind === 'all'
  const { answers } = useReads({
    standing: read('dpa.standing', { params: { realm }, query }, { when: isAsked }),
    now: read('realms.summary', { params: { realm } }, { when: isAsked }),
  })
  if (judged.kind === 'known') return <p>This version is published already.</p>
  if (judged.kind === 'configured') return <p>The configuration file requires it already: no further organization is refused.</p>
  if (judged.kind === 'no-change')
    return (
      <p>
        No organization is refused because of it: <Name>{judged.higher}</Name>, which is higher, is required by then.
      </p>
    )
  if (!answers?.now) return <Skeleton lines={1} />
  const { accepted, outdated, missing, requiredVersion } = answers.now.counts.agreement
  const counts = judged.kind === 'by-version' ? answers.standing?.counts : undefined
  const refused = counts ? counts.outdated + counts.missing : accepted + outdated + missing
  const already = requiredVersion === null ? 0 : outdated + missing
  const isNow = Date.parse(requiredFrom) <= Date.now()
  if (refused === 0) return <p>No organization is refused because of it today.</p>
  return (
    <p>
      <b>{countOf(refused, 'organization')}</b> {isNow ? 'will be refused at once' : 'will be refused from '}
      {!isNow && <Time at={requiredFrom} />}
      {isNow ? ', until they accept it.' : ', unless they accept it before.'}
      {already > 0 && ` ${countOf(already, 'of them is', 'of them are')} refused today already.`}
    </p>
  )
}
