// Access requests of integrators: what they ask for, and the answer.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { usePartnerName } from '../../shared/components/partner-name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { may } from '../../shared/session.ts'
import { Pieces } from './request-pieces.tsx'
import { effectOf, needsClients, wordsOfAsked } from './request-words.ts'

export type AccessRequest = OperationOutput<'accessRequests.ofOrganization'>['items'][number]

/** The API says so in place of the name of an operator, also to integrators. The audit log has the name. */
const theProvider = 'the provider'

interface Asking {
  readonly slug: string
  readonly name: string
}

export interface RequestTableProps<One extends AccessRequest> {
  readonly realm: string
  readonly of: { readonly items: readonly One[]; readonly next?: string | null }
  readonly organizationOf: (request: One) => Asking
  /** Where requests of several organizations are shown. */
  readonly withOrganization?: boolean
  readonly empty: VNode
}

export function RequestTable<One extends AccessRequest>(props: RequestTableProps<One>): VNode {
  const { realm, of, organizationOf, withOrganization = false, empty } = props
  return (
    <Table of={of} keyOf={({ id }: One) => id} label="Access requests" empty={empty}>
      {withOrganization && (
        <Column
          title="Organization"
          main
          cell={(one: One) => {
            const { slug, name } = organizationOf(one)
            return (
              <Link to={pathTo(realm, 'organizations', slug)}>
                <Name>{name}</Name>
              </Link>
            )
          }}
        />
      )}
      <Column title="Asks for" main={!withOrganization} cell={(one: One) => <AskedFor realm={realm} request={one} />} />
      <Column
        title="Asked by"
        cell={({ askedBy, askedAt }: One) => (
          <>
            {askedBy === theProvider ? 'an operator' : <Name>{askedBy}</Name>}, <Time at={askedAt} />
          </>
        )}
      />
      <Column title="State" cell={(one: One) => <State request={one} />} />
      <Column
        title="Answer"
        number
        cell={(one: One) => (one.state === 'open' ? <Answers realm={realm} request={one} organization={organizationOf(one)} /> : '')}
      />
    </Table>
  )
}

function AskedFor({ realm, request }: { readonly realm: string; readonly request: AccessRequest }): VNode {
  return (
    <>
      <Pieces realm={realm} of={wordsOfAsked(request)} />
      {request.note && (
        <>
          <br />
          <q class="soft">
            <Name>{request.note}</Name>
          </q>
        </>
      )}
    </>
  )
}

const states: Readonly<Record<string, readonly [tone: Tone, words: string]>> = {
  open: ['warn', 'open'],
  approved: ['ok', 'approved'],
  declined: ['off', 'declined'],
  withdrawn: ['off', 'withdrawn'],
  done: ['ok', 'done'],
}

function State({ request: { state, answer, answeredAt } }: { readonly request: AccessRequest }): VNode {
  const [tone, words] = states[state] ?? ['off', state]
  return (
    <>
      <Chip tone={tone}>{words}</Chip>
      {answeredAt !== null && (
        <span class="small soft">
          {' '}
          <Time at={answeredAt} />
          {answer && (
            <>
              : <Name>{answer}</Name>
            </>
          )}
        </span>
      )}
    </>
  )
}

interface AnswersProps {
  readonly realm: string
  readonly request: AccessRequest
  readonly organization: Asking
}

function Answers({ realm, request, organization: { slug, name } }: AnswersProps): VNode {
  const params = { realm, organization: slug, accessRequest: request.id }
  const isNew = usePartnerName(realm, request.kind === 'partner' ? request.what : undefined) === null
  const lacks = needsClients(request) && !may('clients:write') ? 'You may look: this needs clients:write.' : undefined
  return (
    <span class="row end side-by-side">
      <Act
        operation="accessRequests.approve"
        params={params}
        label="Approve"
        title={`Approve what ${name} asks for?`}
        fields={isNew ? ['name', 'answer'] : ['answer']}
        leaves={isNew ? [] : ['name']}
        needs={isNew ? ['name'] : []}
        names={{ answer: 'Answer, which they read', name: 'Name of the partner' }}
        unavailable={lacks}
        consequence={
          <p>
            <Pieces realm={realm} of={effectOf(request, name)} />
            {isNew && ' The partner is registered with the name that you write.'}
          </p>
        }
        done="Approved."
      />
      <Act
        operation="accessRequests.decline"
        params={params}
        label="Decline"
        title={`Decline what ${name} asks for?`}
        fields={['answer']}
        names={{ answer: 'Answer, which they read' }}
        consequence={
          <p>
            Nothing changes. <Name>{name}</Name> reads your answer at the portal, and can ask again.
          </p>
        }
        done="Declined."
      />
    </span>
  )
}
