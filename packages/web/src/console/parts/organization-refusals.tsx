// Why calls and token requests of an organization were refused today, each with what changes it.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { PartnerName, usePartnerName } from '../../shared/components/partner-name.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { whoCanFix } from '../../shared/refusal-words.ts'
import { RecordAcceptance } from './record-acceptance.tsx'
import { isPortalOff } from './invite-to-portal.tsx'
import { Lacks } from './lacks.tsx'
import { RefusedByReason, refusedRows } from './refused-by-reason.tsx'

type Organization = OperationOutput<'organizations.get'>
type Refusals = OperationOutput<'refusals.list'>

export interface OrganizationRefusalsProps {
  readonly organization: Organization
  readonly outcomes: OperationOutput<'usage.series'> | undefined
  readonly refusals: Refusals | undefined
}

export function OrganizationRefusals({ organization, outcomes, refusals }: OrganizationRefusalsProps): VNode {
  const { realm, slug } = organization
  return (
    <Card
      id="refusals"
      title="Refused, last 24 hours"
      beside={<Link to={`${pathTo(realm, 'refusals')}?organization=${slug}`}>All refusals</Link>}
    >
      {outcomes ? (
        <RefusedByReason
          realm={realm}
          organization={slug}
          rows={refusedRows(outcomes)}
          remedy={(code) => <Remedy code={code} organization={organization} refusals={refusals} />}
        />
      ) : (
        <Lacks scope="clients:read" />
      )}
    </Card>
  )
}

interface RemedyProps {
  readonly code: string
  readonly organization: Organization
  readonly refusals: Refusals | undefined
}

/** Parts of this page where it is changed. */
const places: Readonly<Record<string, readonly [anchor: string, label: string]>> = {
  'capability-missing': ['#capabilities', 'Its capabilities'],
  'rate-limited': ['#capabilities', 'Its rate limit tier'],
  'insufficient-scope': ['#clients', 'Its clients'],
  'invalid-scope': ['#clients', 'Its clients'],
  'requestor-unknown': ['#requestors', 'Its requestors'],
  'requestor-not-permitted': ['#requestors', 'Its requestors'],
}

function Remedy({ code, organization, refusals }: RemedyProps): VNode {
  const last = refusals?.items.find((one) => one.code === code)
  const isOfAgreement = code === 'dpa-missing' || code === 'dpa-outdated'
  const place = places[code]
  return (
    <span class="row">
      {isOfAgreement && (
        <RecordAcceptance realm={organization.realm} organization={organization} version={organization.dpa.requiredVersion} isRefused />
      )}
      {code === 'partner-not-authorized' && last && <AllowRefusedPartner organization={organization} saw={last.failed?.saw ?? ''} />}
      {place && <a href={place[0]}>{place[1]}</a>}
      {last && <Link to={pathTo('explain', last.requestId)}>Explain one</Link>}
      {isOfAgreement && !isPortalOff() && <span class="soft small">An admin of theirs can accept it in the portal.</span>}
      {whoCanFix(code) === 'they' && <span class="soft small">They can fix it.</span>}
      {whoCanFix(code) === 'the provider of the API' && <span class="soft small">The provider of the API can fix it.</span>}
    </span>
  )
}

/** The partner that the last of these calls named. */
function AllowRefusedPartner({ organization, saw }: { readonly organization: Organization; readonly saw: string }): VNode | null {
  const { realm, slug, version } = organization
  const [partner] = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(saw) ?? []
  const name = usePartnerName(realm, partner)
  if (partner === undefined || organization.partners.list?.some(({ id }) => id === partner)) return null
  return (
    <>
      <PartnerName realm={realm} partner={partner} />
      <Act
        operation="partners.authorize"
        params={{ realm, organization: slug, partner }}
        version={version}
        label="Allow it"
        title={`Allow ${name ?? 'this partner'}?`}
        fields={[]}
        consequence={
          <p>
            Calls for <PartnerName realm={realm} partner={partner} /> are allowed from now on.
          </p>
        }
      />
    </>
  )
}
