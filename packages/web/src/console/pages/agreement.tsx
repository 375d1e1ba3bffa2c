import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { ActButton } from '../../shared/act/act-button.tsx'
import { reasonAgainst } from '../../shared/act/act.tsx'
import { Callout, Card, Empty, Figure } from '../../shared/components/card.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf, number } from '../../shared/count.ts'
import { later } from '../../shared/later.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { Meter } from '../../shared/plots/meter.tsx'
import { read } from '../../shared/reads.ts'
import { AgreementStandings } from '../parts/agreement-standings.tsx'
import { AgreementVersions } from '../../shared/agreement-versions.tsx'

const AgreementReader = later(() => import('../parts/agreement-reader.tsx').then((module) => module.AgreementReader))
const PublishVersion = later(() => import('../parts/publish-version.tsx').then((module) => module.PublishVersion))

type Query = OperationInput<'dpa.standing'>['query']

export const page = definePage({
  path: '/:realm/agreement',
  title: 'Data Processing Agreement',
  needs: 'organizations:read',
  query: { standing: '', version: '', after: '', text: '', compare: '' },
  data: ({ realm, standing, version, after }) => ({
    summary: read('realms.summary', { params: { realm } }),
    versions: read('dpa.versions', { params: { realm } }),
    standings: read('dpa.standing', {
      params: { realm },
      query: { ...(standing && { standing }), ...(version && { version }), ...(after && { after }) } as Query,
    }),
  }),
  view: ({ realm, summary, versions, standings, version, text, compare }) => (
    <Agreement
      realm={realm}
      agreement={summary.counts.agreement}
      versions={versions}
      standings={standings}
      judgedBy={version}
      shown={text}
      compared={compare}
    />
  ),
})

interface AgreementProps {
  readonly realm: string
  readonly agreement: OperationOutput<'realms.summary'>['counts']['agreement']
  readonly versions: OperationOutput<'dpa.versions'>
  readonly standings: OperationOutput<'dpa.standing'>
  /** A version other than the one in force, by which the list is judged. */
  readonly judgedBy: string
  /** The version whose text is shown, and the one that it is compared with; empty for none. */
  readonly shown: string
  readonly compared: string
}

function Agreement({ realm, agreement, versions, standings, judgedBy, shown, compared }: AgreementProps): VNode {
  /** Hidden, it keeps what was typed. */
  const [publishing, setPublishing] = useState<'open' | 'hidden'>()
  const { requiredVersion, accepted, outdated, missing } = agreement
  const all = accepted + outdated + missing
  const inForce = versions.items.find(({ version }) => version === requiredVersion)
  const publish = (
    <ActButton
      label="Publish a version"
      tone={publishing === 'open' ? undefined : 'primary'}
      reason={reasonAgainst('dpa.publish')}
      onOpen={() => setPublishing(publishing === 'open' ? 'hidden' : 'open')}
    />
  )
  return (
    <Page title="Data Processing Agreement" name={`Agreement of ${realm}`} actions={publish}>
      {publishing && (
        <div hidden={publishing === 'hidden'}>
          <PublishVersion
            realm={realm}
            known={versions.items}
            onDone={() => setPublishing(undefined)}
            onAsk={() => setPublishing('open')}
            onClose={() => {
              setPublishing('hidden')
              document.querySelector('h1')?.focus()
            }}
          />
        </div>
      )}
      {requiredVersion === null ? (
        <Card>
          <Empty title="No agreement is required">
            Calls are not checked for it. Publish a version, and say from when on it is required.
          </Empty>
        </Card>
      ) : (
        <>
          <p>
            In force:{' '}
            <b>
              <Name>{requiredVersion}</Name>
            </b>
            {inForce?.requiredFrom ? (
              <>
                {' '}
                since <Time at={inForce.requiredFrom} />
              </>
            ) : (
              ', by the configuration file'
            )}
            . Organizations that have accepted neither this version nor a higher one are refused.
          </p>
          <div class="grid four">
            <Figure value={number(accepted)}>
              accepted <Meter value={accepted} max={all} label="Accepted" width={80} />
            </Figure>
            <Figure value={number(outdated)}>
              {outdated === 0 ? 'only an older one' : <Link to={`${pathTo(realm, 'agreement')}?standing=outdated`}>only an older one</Link>}
            </Figure>
            <Figure value={number(missing)}>
              {missing === 0 ? 'never accepted' : <Link to={`${pathTo(realm, 'agreement')}?standing=missing`}>never accepted</Link>}
            </Figure>
          </div>
        </>
      )}
      <Coming realm={realm} coming={agreement.coming} />
      {standings.version !== null && (
        <Card
          title={
            <>
              Who accepted <Name>{standings.version}</Name> or a higher one
            </>
          }
        >
          <p class="soft small">
            Organizations with a client that gets tokens are listed; those that only run a guard, and suspended ones, are not.
          </p>
          <Filters>
            <Choice
              name="standing"
              label="State"
              choices={[
                ['', 'all'],
                ['accepted', 'accepted'],
                ['outdated', 'only an older one'],
                ['missing', 'never accepted'],
              ]}
            />
            <Choice
              name="version"
              label="Judged by"
              choices={[['', 'the version in force'], ...versions.items.map(({ version }) => [version, version] as const)]}
            />
          </Filters>
          <AgreementStandings realm={realm} standings={standings} isInForce={judgedBy === '' || judgedBy === requiredVersion} />
        </Card>
      )}
      <Card title="Versions">
        <AgreementVersions
          versions={versions}
          requiredVersion={requiredVersion}
          beside={(one) => <ReadText realm={realm} version={one} />}
          empty={<Empty title="No version yet">Publish the first one, or name it in the configuration file.</Empty>}
        />
      </Card>
      {shown !== '' && <AgreementReader key={shown} realm={realm} version={shown} compared={compared} versions={versions.items} />}
    </Page>
  )
}

type Version = OperationOutput<'dpa.versions'>['items'][number]

function ReadText({ realm, version: { version, textDigest } }: { readonly realm: string; readonly version: Version }): VNode {
  if (!textDigest) return <span class="soft">none</span>
  return (
    <Link to={`${pathTo(realm, 'agreement')}?text=${encodeURIComponent(version)}`} aria-label={`Read the text of ${version}`}>
      Read
    </Link>
  )
}

function Coming({ realm, coming }: { readonly realm: string; readonly coming: AgreementProps['agreement']['coming'] }): VNode | null {
  if (!coming) return null
  const { version, requiredFrom, unaccepted } = coming
  return (
    <Callout tone={unaccepted > 0 ? 'warn' : 'ok'}>
      <p>
        <Name>{version}</Name> becomes required <Time at={requiredFrom} />.{' '}
        {unaccepted === 0
          ? 'Every organization has accepted it.'
          : `${countOf(unaccepted, 'organization has', 'organizations have')} not accepted it and will be refused from then on.`}
      </p>
      {unaccepted > 0 && (
        <p>
          <Link to={`${pathTo(realm, 'agreement')}?version=${encodeURIComponent(version)}`}>See who accepted it</Link>
        </p>
      )}
    </Callout>
  )
}
