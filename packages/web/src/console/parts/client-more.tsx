import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { useLocation } from 'preact-iso'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { hrefOf, Link, pathTo } from '../../shared/links.tsx'

/** What is seldom done: another name, other methods, the end of the client. */
export function ClientMore({ client }: { readonly client: OperationOutput<'clients.get'> }): VNode {
  const { route } = useLocation()
  const { realm, clientId, name, version, authenticationMethods, createdAt, updatedAt } = client
  const params = { realm, client: clientId }
  return (
    <Card title="More">
      <div class="grid">
        <dl>
          <dt>Authenticates by</dt>
          <dd>
            <code>{authenticationMethods.join(' ')}</code>
          </dd>
          <dt>Made</dt>
          <dd>
            <Time at={createdAt} />, changed <Time at={updatedAt} /> ·{' '}
            <Link to={`/audit?tab=all&since=all&about=${encodeURIComponent(clientId)}`}>What happened to it</Link>
          </dd>
        </dl>
        <div class="row">
          <Act
            operation="clients.update"
            params={params}
            version={version}
            label="Rename"
            title="Give it another name?"
            fields={['name', 'reason']}
            initial={{ name }}
            consequence={<p>The client id stays as it is, so nothing changes for its programs.</p>}
            done="The client has another name."
          />
          <Act
            operation="clients.update"
            params={params}
            version={version}
            label="Change how it authenticates"
            fields={['authenticationMethods', 'reason']}
            initial={{ authenticationMethods }}
            consequence={<p>A method that is taken away is refused from now on.</p>}
          />
          <Act
            operation="clients.delete"
            params={params}
            version={version}
            label="Delete"
            title={`Delete ${clientId}?`}
            tone="danger"
            fields={['reason']}
            consequence={
              <p>
                <Name>{name}</Name> gets no tokens any more, its tokens are refused at once, and its secrets and keys are gone. This cannot
                be undone.
              </p>
            }
            onDone={() => route(hrefOf(pathTo(realm, 'clients')))}
          />
        </div>
      </div>
    </Card>
  )
}
