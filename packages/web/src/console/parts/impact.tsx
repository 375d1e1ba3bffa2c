// Who is affected when an organization loses its access: read when the dialog opens, and shown before the button.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { sortByName } from '../../shared/by-name.ts'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { read, useReads } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { perHour } from './per-hour.ts'

type Facts = OperationOutput<'organizations.impact'>

export interface ImpactProps {
  readonly realm: string
  readonly organization: string
  /** Whether its tokens stop, or are only replaced. */
  readonly stops?: boolean
}

export function Impact({ realm, organization, stops = true }: ImpactProps): VNode {
  const canSee = may('clients:read')
  const { answers, error, refresh } = useReads({
    impact: read('organizations.impact', { params: { realm, organization } }, { every: 30_000, when: canSee }),
  })
  if (!canSee) return <p class="soft">Which clients this affects is not shown: you lack clients:read.</p>
  if (error && !answers) return <Failure error={error} retry={refresh} />
  return answers?.impact ? <Affected impact={answers.impact} stops={stops} /> : <Skeleton lines={3} />
}

const maxNamed = 6

function Affected({ impact, stops }: { readonly impact: Facts; readonly stops: boolean }): VNode {
  const { clients, clientsTotal, tokens, calls, since, guards, partners, lastUsedAt } = impact
  const tokensAnHour = perHour(tokens.lastHour, since.lastHour, Date.now())
  const callsAnHour = perHour(calls.lastHour, since.lastHour, Date.now())
  const used = clients.filter((one) => one.enabled)
  return (
    <ul class="affected">
      <li>
        {clientsTotal === 0 ? (
          'It has no clients.'
        ) : (
          <>
            {countOf(clientsTotal, 'client')}: <Names of={used.map(({ client }) => client)} total={clientsTotal} />
          </>
        )}
      </li>
      <li>
        {tokensAnHour === 0 && callsAnHour === 0
          ? 'No tokens were issued in the last hour.'
          : `About ${countOf(tokensAnHour, 'token')} an hour ${stops ? 'stop' : 'are issued'}${callsAnHour > 0 ? `, and ${countOf(callsAnHour, 'call')} an hour ${stops ? 'are refused' : 'are allowed'}` : ''}.`}{' '}
        Last used: <Time at={lastUsedAt} />.
      </li>
      {stops &&
        guards.map(({ client, api }) => (
          <li key={client}>
            <b>A guard uses it</b>: {api ?? 'an API'} with the client <Name>{client}</Name>. That API learns of no changes any more, and
            then answers 503.
          </li>
        ))}
      {stops && partners.total > 0 && (
        <li>
          {countOf(partners.total, 'partner')}: <Names of={sortByName(partners.list).map(({ name }) => name)} total={partners.total} />
        </li>
      )}
    </ul>
  )
}

function Names({ of, total }: { readonly of: readonly string[]; readonly total: number }): VNode {
  const shown = of.slice(0, maxNamed)
  const rest = total - shown.length
  return (
    <>
      {shown.map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <Name>{name}</Name>
        </span>
      ))}
      {rest > 0 && shown.length > 0 && ` and ${countOf(rest, 'other')}`}
    </>
  )
}
