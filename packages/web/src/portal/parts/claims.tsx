// The claims of a token, one in a line, with instants in words.
import { Fragment, type VNode } from 'preact'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'

const instants = new Set(['iat', 'exp', 'nbf', 'auth_time'])

export function Claims({ claims }: { readonly claims: Readonly<Record<string, unknown>> }): VNode {
  return (
    <dl class="claims">
      {Object.entries(claims).map(([name, value]) => (
        <Fragment key={name}>
          <dt>
            <code>
              <Name>{name}</Name>
            </code>
          </dt>
          <dd>
            <code>
              <Name>{typeof value === 'string' ? value : JSON.stringify(value)}</Name>
            </code>
            {instants.has(name) && typeof value === 'number' && (
              <span class="soft">
                {' '}
                <Time at={new Date(value * 1000).toISOString()} />
              </span>
            )}
          </dd>
        </Fragment>
      ))}
    </dl>
  )
}
