// The steps on one operator. What would lock the reader or all owners out says so, and is not offered.
import type { VNode } from 'preact'
import { adminScopes } from './admin-scopes.ts'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { whyNotLess, whyNotMore, type Operator, type Reader } from './operator-standing.ts'

interface OperatorStepsProps {
  readonly operator: Operator
  readonly operators: readonly Operator[]
  readonly reader: Reader
  /** To which it can be limited. */
  readonly realms: readonly string[]
}

export function OperatorSteps({ operator, operators, reader, realms }: OperatorStepsProps): VNode {
  const { realm, clientId, name, enabled, version } = operator
  const params = { realm, client: clientId }
  const less = whyNotLess(operator, reader, operators)
  const more = whyNotMore(reader)
  const shared = { params, version }
  return (
    <details>
      <summary>Steps</summary>
      <div class="row">
        <Act
          operation="rotation.start"
          {...shared}
          label="Replace the secret"
          fields={['window', 'reason']}
          unavailable={more}
          consequence={
            <p>
              <Name>{name}</Name> gets a second secret, which is shown only once. The old one stays good until it ends, so nothing stops.
            </p>
          }
        />
        <Rights operator={operator} reader={reader} operators={operators} realms={realms} />
        {enabled ? (
          <Act
            operation="clients.update"
            {...shared}
            label="Disable"
            title={`Disable ${clientId}?`}
            fixed={{ enabled: false }}
            fields={[]}
            tone="danger"
            unavailable={less}
            consequence={
              <p>
                <Name>{name}</Name> is signed out at its next click and gets no tokens. It can be enabled again.
              </p>
            }
          />
        ) : (
          <Act
            operation="clients.update"
            {...shared}
            label="Enable"
            title={`Enable ${clientId}?`}
            fixed={{ enabled: true }}
            fields={[]}
            unavailable={more}
            consequence={<p>It may sign in again, with the rights that it has.</p>}
          />
        )}
      </div>
    </details>
  )
}

function Rights({ operator, operators, reader, realms }: OperatorStepsProps): VNode {
  const { realm, clientId, scopes, realms: limits, version } = operator
  const shared = { operation: 'clients.update', params: { realm, client: clientId }, version } as const
  const scopeChoices = adminScopes.map((value) => ({ value }))
  if (realm !== 'operators')
    return (
      <Act
        {...shared}
        label="Change its rights"
        fields={['operatorScopes', 'reason']}
        initial={{ operatorScopes: scopes }}
        choices={{ operatorScopes: scopeChoices }}
        unavailable={whyNotMore(reader)}
        consequence={<p>It acts in {realm} only. Without a scope it is no operator any more; its tokens stay good for the API.</p>}
      />
    )
  const less = whyNotLess(operator, reader, operators)
  return (
    <>
      <Act
        {...shared}
        label="Change its scopes"
        fields={['scopes', 'reason']}
        initial={{ scopes }}
        choices={{ scopes: scopeChoices }}
        unavailable={less}
        consequence={<p>What is taken away stops at its next click. With every scope and without limits it is an owner.</p>}
      />
      <Act
        {...shared}
        label="Limit to realms"
        fields={['operatorRealms', 'reason']}
        initial={{ operatorRealms: limits ?? [] }}
        choices={{ operatorRealms: realms.map((value) => ({ value })) }}
        unavailable={less}
        consequence={<p>It acts in these realms only, sees no operators and no other realm, and is no owner.</p>}
      />
      {limits !== null && (
        <Act
          {...shared}
          label="Lift the limits"
          fixed={{ operatorRealms: null }}
          fields={[]}
          unavailable={whyNotMore(reader)}
          consequence={<p>It acts in all realms. With every scope it is an owner, and may change operators.</p>}
        />
      )}
    </>
  )
}
