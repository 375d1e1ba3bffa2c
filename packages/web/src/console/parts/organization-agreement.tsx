import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { AgreementChip } from '../../shared/agreement-chip.tsx'
import { RecordAcceptance } from './record-acceptance.tsx'

type Acceptance = OperationOutput<'dpa.acceptances'>['items'][number]

/** The page reads it as well, with what else it shows: nothing moves when it comes. */
export function lastAcceptances(realm: string, organization: string) {
  return read('dpa.acceptances', { params: { realm, organization }, query: { limit: 10 } })
}

export function OrganizationAgreement({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug, dpa } = organization
  const { answers } = useReads({ acceptances: lastAcceptances(realm, slug) })
  const isRefused = dpa.status === 'missing' || dpa.status === 'outdated'
  return (
    <Card
      id="agreement"
      title="Agreement"
      beside={<RecordAcceptance realm={realm} organization={organization} version={dpa.requiredVersion} isRefused={isRefused} />}
    >
      <p class="row">
        <AgreementChip standing={dpa.status} version={dpa.acceptedVersion} />
        <span class="soft">
          <Name>{said(dpa)}</Name>
        </span>
      </p>
      {answers?.acceptances && (
        <Table
          of={{ items: answers.acceptances.items }}
          keyOf={({ version, acceptedAt }: Acceptance) => version + acceptedAt}
          label="Versions that were accepted"
          empty={<Empty title="No version was accepted yet" />}
        >
          <Column title="Version" main cell={({ version }: Acceptance) => <Name>{version}</Name>} />
          <Column title="Accepted by" cell={(one: Acceptance) => <AcceptedBy acceptance={one} />} />
          <Column title="When" cell={({ acceptedAt }: Acceptance) => <Time at={acceptedAt} />} />
        </Table>
      )}
    </Card>
  )
}

/** What was typed, and whether a person of theirs did it at the portal, with the text before them. */
function AcceptedBy({ acceptance: { acceptedBy, person, textDigest } }: { readonly acceptance: Acceptance }): VNode {
  return (
    <>
      <Name>{acceptedBy}</Name>
      {person && (
        <span class="small soft">
          {person.name === acceptedBy ? ', at the portal' : ', at the portal by '}
          {person.name !== acceptedBy && <Name>{person.name}</Name>}
        </span>
      )}
      {textDigest && (
        <>
          <br />
          <span class="small soft">
            text <Copyable text={textDigest} name="digest of the text" />
          </span>
        </>
      )}
    </>
  )
}

function said({ status, requiredVersion }: OperationOutput<'organizations.get'>['dpa']): string {
  if (status === 'not-required') return 'The realm requires no agreement.'
  if (status === 'accepted') return `${requiredVersion} is required.`
  return `${requiredVersion} is required. Until it is accepted, every call is refused.`
}
