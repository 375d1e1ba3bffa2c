// The step that takes care of an item of "needs attention": a change, or the page where one looks first.
import type { VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { InviteToPortal } from './invite-to-portal.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import type { OperationOutput } from '@countersign/admin'

export type Attention = OperationOutput<'realms.summary'>['attention'][number]

const weekSeconds = 7 * 86_400

export function AttentionStep({ realm, item }: { readonly realm: string; readonly item: Attention }): VNode {
  const { kind, reason, organization, client, version } = item
  if (kind === 'rotation-cuts-off' && client !== null)
    return (
      <Act
        operation="rotation.extend"
        params={{ realm, client }}
        label="Give it longer"
        title="Give the old secret longer"
        initial={{ window: weekSeconds }}
        consequence={
          <p>
            Both secrets of <Name>{client}</Name> stay good for this long, counted from now. Nothing stops.
          </p>
        }
      />
    )
  if (kind === 'credential-ends' && client !== null && reason === 'secret')
    return (
      <Act
        operation="rotation.start"
        params={{ realm, client }}
        label="Replace the secret"
        fields={['window']}
        consequence={
          <p>
            <Name>{client}</Name> gets a second secret, which is shown only once. The old one stays good meanwhile, but not beyond its end.
          </p>
        }
      />
    )
  if (kind === 'agreement-refused' && organization)
    return (
      <span class="row">
        <InviteToPortal realm={realm} organization={organization} toAccept />
        <Act
          operation="dpa.accept"
          params={{ realm, organization: organization.slug }}
          label="Record acceptance"
          title="Record that they accepted the agreement"
          initial={{ ...(version !== null && { version }) }}
          fields={['version', 'acceptedBy']}
          consequence={
            <p>
              Calls of <Name>{organization.name}</Name> are allowed from now on. An acceptance cannot be removed.
            </p>
          }
        />
      </span>
    )
  const [to, label] = placeOf(realm, item)
  return (
    <Link class="button" to={to}>
      {label}
    </Link>
  )
}

function placeOf(realm: string, { kind, client, version }: Attention): readonly [to: string, label: string] {
  if (kind === 'rotation-can-end' && client !== null) return [pathTo(realm, 'rotation', client), 'Review']
  if (kind === 'access-request') return [pathTo(realm, 'requests'), 'Answer']
  if (kind === 'agreement-coming') return [`${pathTo(realm, 'agreement')}?version=${encodeURIComponent(version ?? '')}`, 'See who']
  if (kind === 'secrets-due') return [`${pathTo(realm, 'clients')}?due=true`, 'See which']
  if (kind.startsWith('guard-')) return [pathTo(realm, 'guards'), 'See guards']
  return client === null ? [pathTo(realm, 'organizations'), 'Look'] : [pathTo(realm, 'clients', client), 'Look']
}
