// All that was recorded of an audit event: before and after, request, address, and the event as it is.
import type { ComponentChildren, VNode } from 'preact'
import { CopyButton, Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { exactly } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { zone } from '../../shared/settings.ts'
import { membersOf } from './event-members.ts'
import type { AuditEvent } from './sentence.tsx'

export function EventFacts({ event }: { readonly event: AuditEvent }): VNode {
  const { at, kind, actor, realm, organizationId, organizationSlug, clientId, address, requestId, callerRequestId, traceId } = event
  const members = membersOf(event)
  return (
    <div class="facts">
      {members.length > 0 && <Members rows={members} />}
      <dl>
        <Fact name="At">{exactly(at, zone.value)}</Fact>
        <Fact name="Kind">
          <code>{kind}</code>
        </Fact>
        {actor && (
          <Fact name="By">
            {actor.kind} {actor.name && <Name>{actor.name}</Name>}{' '}
            <code>
              <Name>{actor.id}</Name>
            </code>
            {actor.realm !== null && ` of ${actor.realm}`}
            {actor.via !== null && `, by ${channels[actor.via] ?? actor.via}`}
          </Fact>
        )}
        {realm !== null && <Fact name="Realm">{realm}</Fact>}
        {organizationId !== null && (
          <Fact name="Organization">
            {organizationSlug && realm !== null ? (
              <Link to={pathTo(realm, 'organizations', organizationSlug)}>{organizationSlug}</Link>
            ) : (
              <Copyable text={organizationId} name="organization id" />
            )}
          </Fact>
        )}
        {clientId !== null && (
          <Fact name="Client">
            <Copyable text={clientId} name="client id" />
          </Fact>
        )}
        {address !== null && (
          <Fact name="Address">
            <Copyable text={address} shown={address} name="address" />
          </Fact>
        )}
        {requestId !== null && (
          <Fact name="Request id">
            <Copyable text={requestId} shown={requestId} name="request id" />{' '}
            <Link to={`/audit?tab=all&since=all&request=${encodeURIComponent(requestId)}`}>All of this request</Link>
          </Fact>
        )}
        {callerRequestId !== null && (
          <Fact name="Their request id">
            <Copyable text={callerRequestId} name="request id of the caller" />
          </Fact>
        )}
        {traceId !== null && (
          <Fact name="Trace">
            <Copyable text={traceId} name="trace id" />
          </Fact>
        )}
      </dl>
      <details>
        <summary>The event as it was recorded</summary>
        <pre tabIndex={0}>
          <Name>{JSON.stringify(event, null, 2)}</Name>
        </pre>
        <p>
          <CopyButton text={JSON.stringify(event)} label="Copy the event" />
        </p>
      </details>
    </div>
  )
}

const channels: Readonly<Record<string, string>> = {
  api: 'the admin API or the command line',
  cli: 'a command on the machine of the server',
  console: 'the console',
  portal: 'the portal',
  system: 'the server itself',
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Members({ rows }: { readonly rows: ReturnType<typeof membersOf> }): VNode {
  const hasBefore = rows.some(({ before }) => before !== undefined)
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="What was recorded">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            {hasBefore && <th scope="col">Before</th>}
            <th scope="col">{hasBefore ? 'After' : 'Value'}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              {hasBefore && <td>{before === undefined ? '' : <Name>{before}</Name>}</td>}
              <td>{after === undefined ? '' : <Name>{after}</Name>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
