import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { read, useReads } from '../../shared/reads.ts'

type Requestor = OperationOutput<'requestors.list'>['items'][number]
type Organization = OperationOutput<'organizations.get'>

export function OrganizationRequestors({ organization }: { readonly organization: Organization }): VNode {
  const { realm, slug, requestors } = organization
  const create = (
    <Act
      operation="requestors.create"
      params={{ realm, organization: slug }}
      label="Register a requestor"
      fields={['permissions']}
      consequence={<p>The organization may name this person in the header Requestor-ID from now on.</p>}
    />
  )
  return (
    <Card id="requestors" title={`Requestors (${requestors.total.toLocaleString('en')})`} beside={create}>
      {requestors.total === 0 ? (
        <Empty title="No requestor">
          A requestor is a natural person on whose behalf the organization calls. Only routes that ask for one need them.
        </Empty>
      ) : requestors.list ? (
        <Requestors organization={organization} items={requestors.list} />
      ) : (
        <ManyRequestors organization={organization} />
      )}
    </Card>
  )
}

function ManyRequestors({ organization }: { readonly organization: Organization }): VNode {
  const [after, setAfter] = useState<string>()
  const { realm, slug } = organization
  const { answers } = useReads({
    found: read('requestors.list', { params: { realm, organization: slug }, query: { limit: 50, ...(after !== undefined && { after }) } }),
  })
  const next = answers?.found.next
  return (
    <>
      {answers && <Requestors organization={organization} items={answers.found.items} />}
      {next && (
        <button type="button" onClick={() => setAfter(next)}>
          Next page
        </button>
      )}
    </>
  )
}

interface RequestorsProps {
  readonly organization: Organization
  readonly items: readonly Requestor[]
}

function Requestors({ organization: { realm, slug, version }, items }: RequestorsProps): VNode {
  return (
    <Table of={{ items }} keyOf={({ id }: Requestor) => id} label="Requestors of this organization">
      <Column title="Id" main cell={({ id }: Requestor) => <Copyable text={id} name="requestor id" />} />
      <Column
        title="Permissions"
        cell={({ permissions }: Requestor) =>
          permissions.length === 0 ? <span class="soft">none</span> : <code>{permissions.join(' ')}</code>
        }
      />
      <Column
        title="Change"
        number
        cell={({ id, permissions }: Requestor) => (
          <span class="row end">
            <Act
              operation="requestors.update"
              params={{ realm, organization: slug, requestor: id }}
              version={version}
              label="Change"
              title="Change the permissions of this requestor"
              initial={{ permissions }}
              fields={['permissions']}
            />
            <Act
              operation="requestors.delete"
              params={{ realm, organization: slug, requestor: id }}
              version={version}
              label="Delete"
              title="Delete this requestor?"
              tone="danger"
              consequence={<p>Calls that name this person are refused from now on. This cannot be undone.</p>}
            />
          </span>
        )}
      />
    </Table>
  )
}
