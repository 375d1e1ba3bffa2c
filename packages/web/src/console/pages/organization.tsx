import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { exactly } from '../../shared/components/time.tsx'
import { pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { zone } from '../../shared/settings.ts'
import { InviteToPortal } from '../parts/invite-to-portal.tsx'
import { OrganizationAccess } from '../parts/organization-access.tsx'
import { OrganizationActivity } from '../parts/organization-activity.tsx'
import { lastAcceptances, OrganizationAgreement } from '../parts/organization-agreement.tsx'
import { OrganizationCapabilities } from '../parts/organization-capabilities.tsx'
import { OrganizationClients } from '../parts/organization-clients.tsx'
import { OrganizationPartners } from '../parts/organization-partners.tsx'
import { OrganizationPeople } from '../parts/organization-people.tsx'
import { OrganizationRefusals } from '../parts/organization-refusals.tsx'
import { OrganizationRequests } from '../parts/organization-requests.tsx'
import { OrganizationRequestors } from '../parts/organization-requestors.tsx'
import { OrganizationSignIn } from '../parts/organization-sign-in.tsx'
import { OrganizationTiles } from '../parts/organization-tiles.tsx'
import { readOutcomes } from '../parts/refused-by-reason.tsx'

export type Organization = OperationOutput<'organizations.get'>

export const page = definePage({
  path: '/:realm/organizations/:organization',
  title: 'Organization',
  needs: 'organizations:read',
  data: ({ realm, organization }) => ({
    found: read('organizations.get', { params: { realm, organization } }, { every: 10_000 }),
    realms: read('realms.list', { params: {} }, { every: 300_000 }),
    clients: read(
      'clients.list',
      { params: { realm }, query: { organization, with: 'standing', limit: 100 } },
      { every: 10_000, when: may('clients:read') },
    ),
    acceptances: lastAcceptances(realm, organization),
    outcomes: readOutcomes(realm, organization),
    refusals: read('refusals.list', { params: { realm }, query: { organization, limit: 50 } }, { when: may('audit:read') }),
  }),
  view: ({ realm, found, realms, clients, outcomes, refusals }) => (
    <OrganizationPage
      organization={found}
      realm={realms.items.find(({ name }) => name === realm)}
      clients={clients}
      outcomes={outcomes}
      refusals={refusals}
    />
  ),
})

interface OrganizationPageProps {
  readonly organization: Organization
  readonly realm: OperationOutput<'realms.list'>['items'][number] | undefined
  readonly clients: OperationOutput<'clients.list'> | undefined
  readonly outcomes: OperationOutput<'usage.series'> | undefined
  readonly refusals: OperationOutput<'refusals.list'> | undefined
}

function OrganizationPage({ organization, realm, clients, outcomes, refusals }: OrganizationPageProps): VNode {
  const { id, slug, name, status, version, realm: realmName } = organization
  const params = { realm: realmName, organization: slug }
  return (
    <Page
      title={<Name>{name}</Name>}
      name={name}
      beside={status === 'active' ? <Chip tone="ok">active</Chip> : <Chip tone="off">suspended</Chip>}
      trail={[{ to: pathTo(realmName, 'organizations'), name: 'Organizations' }]}
      actions={
        <>
          {realmName !== 'operators' && <InviteToPortal realm={realmName} organization={organization} />}
          <Act
            operation="organizations.update"
            params={params}
            version={version}
            label="Rename"
            title="Rename this organization"
            initial={{ name }}
            fields={['name']}
            done="The organization has another name."
          />
        </>
      }
    >
      <p class="row small">
        <code>{slug}</code> <span class="soft">id</span> <Copyable text={id} name="organization id" />
      </p>
      {status === 'suspended' && (
        <Callout tone="warn">
          <p>
            <Name>{name}</Name> is suspended: its clients get no tokens, and every call is refused.
          </p>
          <div class="row">
            <Act
              operation="organizations.resume"
              params={params}
              version={version}
              label="Resume"
              title="Resume this organization?"
              consequence={<p>Its clients get tokens again, and tokens that have not expired are accepted again.</p>}
            />
          </div>
        </Callout>
      )}
      <FutureCut organization={organization} />
      <OrganizationTiles organization={organization} clients={clients} outcomes={outcomes} />
      <OrganizationClients organization={organization} clients={clients} />
      <OrganizationCapabilities organization={organization} realm={realm} />
      <OrganizationPartners organization={organization} />
      <OrganizationAgreement organization={organization} />
      <OrganizationRefusals organization={organization} outcomes={outcomes} refusals={refusals} />
      <OrganizationPeople organization={organization} />
      {realmName !== 'operators' && <OrganizationSignIn organization={organization} />}
      {realmName !== 'operators' && <OrganizationRequests organization={organization} />}
      <OrganizationRequestors organization={organization} />
      <OrganizationActivity organization={organization} />
      <OrganizationAccess organization={organization} />
    </Page>
  )
}

/** A cut that was made while the clock of the server was ahead refuses every token until then. */
function FutureCut({ organization: { realm, slug, version, tokensNotBefore } }: { readonly organization: Organization }): VNode | null {
  if (!tokensNotBefore || Date.parse(tokensNotBefore) <= Date.now() + 60_000) return null
  return (
    <Callout tone="bad">
      <p>
        Every token is refused until {exactly(tokensNotBefore, zone.value)}: the clock of a server was ahead when its tokens were refused.
      </p>
      <div class="row">
        <Act
          operation="organizations.lowerCut"
          params={{ realm, organization: slug }}
          version={version}
          label="Accept tokens from now on"
          consequence={<p>Tokens from before now stay refused.</p>}
        />
      </div>
    </Callout>
  )
}
