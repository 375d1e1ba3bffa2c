import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { InviteToPortal } from './invite-to-portal.tsx'
import { RecordAcceptance } from './record-acceptance.tsx'
import { AgreementChip } from '../../shared/agreement-chip.tsx'

type Standings = OperationOutput<'dpa.standing'>
type One = Standings['items'][number]

export interface AgreementStandingsProps {
  readonly realm: string
  readonly standings: Standings
  /** Whether those who did not accept it are refused now. */
  readonly isInForce: boolean
}

export function AgreementStandings({ realm, standings, isInForce }: AgreementStandingsProps): VNode {
  const { version } = standings
  return (
    <Table
      of={standings}
      keyOf={({ organization }: One) => organization.id}
      label="Organizations and the version that they accepted"
      empty={<Empty title="No organization is like this">Only organizations with clients that call an API need the agreement.</Empty>}
    >
      <Column
        title="Organization"
        main
        cell={({ organization }: One) => (
          <>
            <Link to={pathTo(realm, 'organizations', organization.slug)}>
              <Name>{organization.name}</Name>
            </Link>{' '}
            <code class="soft">{organization.slug}</code>
          </>
        )}
      />
      <Column
        title="Accepted"
        cell={({ standing, acceptedVersion }: One) => <AgreementChip standing={standing} version={acceptedVersion} />}
      />
      <Column
        title="By"
        cell={({ acceptedBy, acceptedAt }: One) =>
          acceptedBy === null ? (
            ''
          ) : (
            <>
              <Name>{acceptedBy}</Name>, <Time at={acceptedAt} />
            </>
          )
        }
      />
      <Column title="Refused today" number cell={({ refused }: One) => (refused ? number(refused.today) : '–')} />
      <Column
        title="Change"
        number
        cell={({ organization, standing }: One) =>
          standing === 'accepted' ? (
            ''
          ) : (
            <span class="row end side-by-side">
              <InviteToPortal realm={realm} organization={organization} toAccept />
              <RecordAcceptance realm={realm} organization={organization} version={version} isRefused={isInForce} />
            </span>
          )
        }
      />
    </Table>
  )
}
