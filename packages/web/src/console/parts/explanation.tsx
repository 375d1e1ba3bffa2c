// Why a request was refused, on one screen: the cause, who made it so, each check, what changes it, and what to tell the integrator.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { CopyButton, Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { ChangedBy } from './changed-by.tsx'
import { Checks } from '../../shared/checks.tsx'
import { Remedy } from './remedy.tsx'

type Explained = OperationOutput<'requests.explain'>

const verdicts = {
  refused: 'Refused',
  'let-through': 'Let through: the guard only reports for now, and would refuse it otherwise',
  issued: 'It was not refused',
  changed: 'It was not refused',
} as const

export function Explanation({ explained, refresh }: { readonly explained: Explained; readonly refresh: () => void }): VNode {
  const { outcome, status, code, cause, checks, now, tell, title } = explained
  const isRefused = outcome === 'refused' || outcome === 'let-through'
  return (
    <>
      <div class="grid cols">
        <Card
          title={isRefused && code !== null ? `${status} ${code}` : title}
          beside={
            <span class="soft">
              {verdicts[outcome]} {isRefused && now.outcome === 'allowed' && <Chip tone="ok">allowed now</Chip>}
            </span>
          }
        >
          <div class="grid">
            <p class="cause">
              <Name>{cause}</Name>
            </p>
            <ChangedBy {...explained} />
            {isRefused && (
              <>
                <p>
                  Asked again now: <Name>{now.detail}</Name>
                </p>
                <Remedy next={explained} onDone={refresh} />
              </>
            )}
          </div>
        </Card>
        <Card title="The request">
          <Place explained={explained} />
        </Card>
      </div>
      {checks.length > 0 && (
        <Card title="Checks">
          <Checks checks={checks} />
        </Card>
      )}
      {isRefused && tell !== undefined && (
        <Card title="What to tell them" beside={<CopyButton text={tell} label="Copy this text" />}>
          <p class="tell">{tell}</p>
        </Card>
      )}
      <OtherReports explained={explained} />
    </>
  )
}

function Place({ explained: { request, reason, code } }: { readonly explained: Explained }): VNode {
  const { at, method, route, source, realm, clientId, organization, address, id, apiRequestId, callerRequestId } = request
  const like = new URLSearchParams({
    ...(code !== null && { code }),
    ...(reason !== null && { reason }),
    ...(organization && { organization: organization.slug ?? organization.id }),
  })
  return (
    <dl>
      <dt>When</dt>
      <dd>
        <Time at={at} />
      </dd>
      <dt>What</dt>
      <dd>
        {route !== null && (
          <code>
            <Name>{`${method ?? ''} ${route}`.trim()}</Name>
          </code>
        )}{' '}
        at <Name>{source}</Name>
      </dd>
      {reason !== null && (
        <>
          <dt>Reason</dt>
          <dd>
            <code>{reason}</code>, which the response did not tell
          </dd>
        </>
      )}
      {clientId !== null && realm !== null && (
        <>
          <dt>Client</dt>
          <dd>
            <Link to={pathTo(realm, 'clients', clientId)}>
              <Name>{clientId}</Name>
            </Link>
          </dd>
        </>
      )}
      {organization && realm !== null && (
        <>
          <dt>Organization</dt>
          <dd>
            {organization.slug === null ? (
              <Copyable text={organization.id} name="organization id" />
            ) : (
              <Link to={pathTo(realm, 'organizations', organization.slug)}>
                <Name>{organization.name ?? organization.slug}</Name>
              </Link>
            )}
          </dd>
        </>
      )}
      {address !== null && (
        <>
          <dt>Address</dt>
          <dd>
            <code>{address}</code>
          </dd>
        </>
      )}
      <dt>Request id</dt>
      <dd>
        <Copyable text={id} shown={id} name="request id" />
      </dd>
      {apiRequestId !== null && (
        <>
          <dt>In the log of the API</dt>
          <dd>
            <Copyable text={apiRequestId} name="id in the log of the API" />
          </dd>
        </>
      )}
      {callerRequestId !== null && (
        <>
          <dt>Id of the caller</dt>
          <dd>
            <Copyable text={callerRequestId} name="id of the caller" />
          </dd>
        </>
      )}
      {realm !== null && code !== null && (
        <>
          <dt>Others like it</dt>
          <dd>
            <Link to={`${pathTo(realm, 'refusals')}?${like}`}>Refusals with this reason</Link>
          </dd>
        </>
      )}
    </dl>
  )
}

/** Ids of APIs and callers are not unique, and two guards may tell of one request. */
function OtherReports({ explained: { reports, request } }: { readonly explained: Explained }): VNode | null {
  const others = reports.slice(1)
  if (others.length === 0) return null
  const isSame = reports.every(({ id }) => id === request.id)
  return (
    <Card title={isSame ? 'Other reports of this request' : 'Other requests have this id, too'}>
      <ul>
        {others.map(({ id, at, source, code, reporter }) => (
          <li key={`${id} ${reporter}`}>
            <Time at={at} />, <Name>{source}</Name>: <code>{code}</code> {!isSame && <Link to={pathTo('explain', id)}>Explain</Link>}
          </li>
        ))}
      </ul>
    </Card>
  )
}
