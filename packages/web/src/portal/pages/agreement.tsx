import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { AgreementChip } from '../../shared/agreement-chip.tsx'
import { AgreementVersions } from '../../shared/agreement-versions.tsx'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { own } from '../own.ts'

type Agreement = OperationOutput<'organizations.get'>['dpa']
type Acceptance = OperationOutput<'dpa.acceptances'>['items'][number]

export const page = definePage({
  path: '/agreement',
  title: 'Agreement',
  query: { after: '' },
  data: ({ after }) => {
    const { realm, organization } = own()
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      versions: read('dpa.versions', { params: { realm } }),
      acceptances: read('dpa.acceptances', { params: { realm, organization }, query: { ...(after && { after }) } }),
    }
  },
  view: ({ organization: { dpa }, versions, acceptances }) => (
    <Page title="Data Processing Agreement" beside={<AgreementChip standing={dpa.status} version={dpa.acceptedVersion} />}>
      <Standing dpa={dpa} />
      <Card title="Versions">
        <AgreementVersions
          versions={versions}
          requiredVersion={dpa.requiredVersion}
          empty={<Empty title="No version">The provider requires no agreement.</Empty>}
        />
      </Card>
      <Card title="What you accepted">
        <Table
          of={acceptances}
          keyOf={({ version, acceptedAt }: Acceptance) => `${version} ${acceptedAt}`}
          label="What you accepted"
          empty={<Empty title="Nothing accepted yet">An acceptance is recorded by the provider.</Empty>}
        >
          <Column title="Version" main cell={({ version }: Acceptance) => <Name>{version}</Name>} />
          <Column title="When" cell={({ acceptedAt }: Acceptance) => <Time at={acceptedAt} />} />
        </Table>
      </Card>
    </Page>
  ),
})

function Standing({ dpa: { status, requiredVersion, acceptedVersion, acceptedAt } }: { readonly dpa: Agreement }): VNode {
  if (status === 'not-required') return <Callout>No agreement is required: no call is refused because of one.</Callout>
  if (status === 'accepted')
    return (
      <Callout tone="ok">
        <p>
          <b>You have accepted what is required.</b> <Name>{acceptedVersion ?? ''}</Name>, <Time at={acceptedAt} />.
        </p>
      </Callout>
    )
  return (
    <Callout tone="bad">
      <p>
        <b>
          Version <Name>{requiredVersion ?? ''}</Name> is required.
        </b>{' '}
        {acceptedVersion === null ? (
          'You have accepted none.'
        ) : (
          <>
            You accepted <Name>{acceptedVersion}</Name>.
          </>
        )}{' '}
        Until you accept it, every call is refused.
      </p>
      <p>Sign the agreement that the provider has sent you, and send it back: calls are let in as soon as the provider records it.</p>
    </Callout>
  )
}
