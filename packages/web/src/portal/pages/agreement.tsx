import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { AgreementChip } from '../../shared/agreement-chip.tsx'
import { AgreementVersions } from '../../shared/agreement-versions.tsx'
import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { nextAgreement } from '../next-agreement.ts'
import { isPerson, own } from '../own.ts'
import { AgreementToRead, textOf } from '../parts/agreement-to-read.tsx'
import { AgreementStanding } from '../parts/agreement-standing.tsx'

type Acceptance = OperationOutput<'dpa.acceptances'>['items'][number]

export const page = definePage({
  path: '/agreement',
  title: 'Data Processing Agreement',
  query: { version: '', after: '' },
  data: ({ after }) => {
    const { realm, organization } = own()
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      versions: read('dpa.versions', { params: { realm } }),
      acceptances: read('dpa.acceptances', { params: { realm, organization }, query: { ...(after && { after }) } }),
    }
  },
  view: ({ version, ...answers }) => <Agreement asked={version} {...answers} />,
})

interface AgreementProps {
  /** The version in the address. */
  readonly asked: string
  readonly organization: OperationOutput<'organizations.get'>
  readonly versions: OperationOutput<'dpa.versions'>
  readonly acceptances: OperationOutput<'dpa.acceptances'>
}

function Agreement({ asked, organization: { dpa }, versions, acceptances }: AgreementProps): VNode {
  const next = nextAgreement(dpa, versions.items, now())
  const wanted = asked || (next?.version ?? dpa.acceptedVersion)
  const shown = versions.items.find(({ version }) => version === wanted)
  const { answers, error, refresh } = useReads({ found: textOf(shown?.version ?? '', Boolean(shown?.textDigest)) })
  // Nothing moves when it comes.
  if (!answers && !error)
    return (
      <Page title="Data Processing Agreement">
        <Skeleton lines={12} />
      </Page>
    )
  // Of the version before, until that of this one has come.
  const { text } = answers?.found?.version === shown?.version ? (answers?.found ?? {}) : {}
  return (
    <Page title="Data Processing Agreement" beside={<AgreementChip standing={dpa.status} version={dpa.acceptedVersion} />}>
      <AgreementStanding dpa={dpa} next={next} version={versions.items.find(({ version }) => version === next?.version)} />
      {shown && (
        <AgreementToRead
          version={shown}
          others={versions.items}
          accepted={dpa.acceptedVersion}
          isNext={shown.version === next?.version}
          text={text}
          error={error}
          refresh={refresh}
        />
      )}
      <Card title="Versions">
        <AgreementVersions
          versions={versions}
          requiredVersion={dpa.requiredVersion}
          empty={<Empty title="No version">The provider requires no agreement.</Empty>}
          beside={({ version, textDigest }) =>
            !textDigest ? (
              <span class="soft">not here</span>
            ) : version === shown?.version ? (
              'shown above'
            ) : (
              <Link to={`/agreement?${new URLSearchParams({ version })}`} aria-label={`Read ${version}`}>
                Read
              </Link>
            )
          }
        />
      </Card>
      <Card title="What you accepted">
        <Table
          of={acceptances}
          keyOf={({ version, acceptedAt }: Acceptance) => `${version} ${acceptedAt}`}
          label="What you accepted"
          empty={<Empty title="Nothing accepted yet">What was accepted is listed here, with its time.</Empty>}
        >
          <Column title="Version" main cell={({ version }: Acceptance) => <Name>{version}</Name>} />
          <Column title="When" cell={({ acceptedAt }: Acceptance) => <Time at={acceptedAt} />} />
          {/* A client is not told who of the company it was. */}
          {isPerson() && (
            <Column title="By" cell={({ person }: Acceptance) => (person ? <Name>{person.name}</Name> : 'the provider, who recorded it')} />
          )}
        </Table>
      </Card>
    </Page>
  )
}
