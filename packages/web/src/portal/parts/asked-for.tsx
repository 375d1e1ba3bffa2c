// What was asked for and what became of it.
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Act, openAct, reasonAgainst } from '../../shared/act/act.tsx'
import type { ActProps } from '../../shared/act/act-props.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { hrefOf, Link, pathTo } from '../../shared/links.tsx'
import { useReads } from '../../shared/reads.ts'
import { session } from '../../shared/session.ts'
import { isPerson, own } from '../own.ts'
import { canMakeClient, kinds, type AccessRequest, type Kind } from '../requests.ts'
import { RequestChip, requestsOfOwn, WhatIsAsked } from './what-is-asked.tsx'

/** Those of one kind, beside what there is; nothing where none was asked for. */
export function AskedFor({ kind }: { readonly kind: readonly Kind[] }): VNode | null {
  const { answers } = useReads({ requests: requestsOfOwn() })
  const items = answers?.requests.items.filter((one) => kind.includes(one.kind)) ?? []
  if (items.length === 0) return null
  return (
    <Card title="Asked for" beside={<Link to="/requests">All requests</Link>}>
      <RequestTable requests={{ items: items.slice(0, 5) }} />
    </Card>
  )
}

export interface RequestTableProps {
  readonly requests: { readonly items: readonly AccessRequest[]; readonly next?: string | null }
}

export function RequestTable({ requests }: RequestTableProps): VNode {
  return (
    <Table
      of={requests}
      keyOf={({ id }: AccessRequest) => id}
      label="Requests, the latest first"
      empty={
        <Empty title="Nothing was asked for yet">
          A partner, a capability, a scope or a client that you need: ask for it above, and the answer of the provider is shown here.
        </Empty>
      }
    >
      <Column title="What" main cell={(one: AccessRequest) => <WhatIsAsked request={one} />} />
      <Column title="State" cell={({ state }: AccessRequest) => <RequestChip state={state} />} />
      <Column title="Asked" cell={(one: AccessRequest) => <Asked request={one} />} />
      <Column title="Answered" cell={({ answer }: AccessRequest) => (answer === null ? '' : <Name>{answer}</Name>)} />
      <Column title="Next" number cell={(one: AccessRequest) => <Next request={one} />} />
    </Table>
  )
}

function Asked({ request: { askedBy, askedAt, note } }: { readonly request: AccessRequest }): VNode {
  return (
    <>
      <Time at={askedAt} />{' '}
      <span class="soft">
        by <Name>{askedBy}</Name>
        {note !== null && (
          <>
            : <Name>{note}</Name>
          </>
        )}
      </span>
    </>
  )
}

function Next({ request }: { readonly request: AccessRequest }): VNode | string {
  const { id, kind, what, state, client, askedBy } = request
  const params = { ...own(), accessRequest: id }
  if (canMakeClient(request)) return <MakeClient request={request} />
  if (state === 'open')
    return (
      <Act
        operation="accessRequests.withdraw"
        params={params}
        label="Withdraw"
        title="Withdraw the request?"
        fields={[]}
        consequence={`The provider does not see it any more: ${kinds[kind].one} “${what}”.`}
        unavailable={isPerson() || askedBy === session.value?.clientId ? undefined : 'A client withdraws only what it asked for itself.'}
        done="The request was withdrawn."
      />
    )
  if (kind === 'client' && client !== null) return <Link to={pathTo('clients', client)}>Look at it</Link>
  return ''
}

/** Open at once where the address names the request. */
function MakeClient({ request: { id, what } }: { readonly request: AccessRequest }): VNode {
  const { query, route } = useLocation()
  const make: ActProps<'accessRequests.makeClient'> = {
    operation: 'accessRequests.makeClient',
    params: { ...own(), accessRequest: id },
    label: 'Make the client',
    title: `Make the client “${what}”?`,
    tone: 'primary',
    fields: [],
    consequence: 'You get its client id and its secret, which is shown only once. It can be made once.',
    unavailable: isPerson() ? undefined : 'A person of your company makes it, after signing in.',
    done: ({ clientId }) => `${clientId} was made.`,
    onDone: ({ clientId }) => route(hrefOf(pathTo('clients', clientId))),
  }
  const isOpen = query['make'] === id && !make.unavailable && !reasonAgainst(make.operation)
  useEffect(() => {
    if (isOpen) void openAct(make)
  }, [isOpen])
  return <Act {...make} />
}
