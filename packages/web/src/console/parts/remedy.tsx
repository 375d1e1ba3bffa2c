// Who can change what was explained, the button that does it, and the same as a command.
import type { VNode } from 'preact'
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'
import { Act } from '../../shared/act/act.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { usePartnerName } from '../../shared/components/partner-name.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { describeRemedy, type RemedyOperation } from './remedy-words.ts'

type Next = Pick<OperationOutput<'requests.explain'>, 'who' | 'remedy' | 'command' | 'operation'>

const fixers = {
  integrator: 'The integrator can fix it.',
  operator: 'An operator can fix it.',
  api: 'The provider of the API can fix it.',
} as const

interface RemedyProps {
  readonly next: Next
  /** Called when the remedy was applied. */
  readonly onDone: () => void
}

export function Remedy({ next: { who, remedy, command, operation }, onDone }: RemedyProps): VNode {
  // The remedies of the catalogue speak to the integrator: an operator who has the button does not need them.
  const isOurs = who === 'operator' && command !== null
  return (
    <div class="grid">
      <p>
        {who !== null && <b>{fixers[who]} </b>}
        {!isOurs && <Name>{remedy}</Name>}
      </p>
      {operation && <RemedyAct operation={operation} onDone={onDone} />}
      {command !== null && (
        <p class="small soft">
          The same as a command: <Copyable text={command} shown={command} name="command" />
        </p>
      )}
    </div>
  )
}

function RemedyAct({ operation, onDone }: { readonly operation: RemedyOperation; readonly onDone: () => void }): VNode | null {
  const { name, params, body, missing } = operation
  const { realm = '', client = '', organization = '', partner } = params
  const nameOfPartner = usePartnerName(realm, partner)
  const words = describeRemedy(operation, nameOfPartner ?? undefined)
  const row: OperationRow | undefined = isOperation(name) ? table[name] : undefined
  const needs = row?.needsIfMatch ? row.ifMatch : undefined
  const { answers } = useReads({
    client: read('clients.get', { params: { realm, client } }, { when: needs === 'client' }),
    organization: read('organizations.get', { params: { realm, organization } }, { when: needs === 'organization' }),
  })
  if (name === 'rotation.get')
    return (
      <p>
        <Link to={pathTo(realm, 'rotation', client)} class="button">
          Look at the rotation
        </Link>
      </p>
    )
  if (!isOperation(name) || words === undefined) return null
  const version = answers?.client?.version ?? answers?.organization?.version
  if (needs !== undefined && version === undefined) return null
  return (
    <p>
      <Act
        operation={name}
        params={params as Partial<OperationInput<OperationName>['params']>}
        {...(version !== undefined && { version })}
        fixed={body}
        fields={[...missing, 'reason']}
        leaves={nameOfPartner ? ['name'] : []}
        // The explanation knows what the command lacks, such as the name of a partner that is not registered.
        needs={missing}
        names={{ name: name === 'partners.authorize' ? 'Name of the partner' : 'Name' }}
        label={words.label}
        tone="primary"
        consequence={<p>{words.consequence}</p>}
        onDone={onDone}
      />
    </p>
  )
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(table, name)
}
