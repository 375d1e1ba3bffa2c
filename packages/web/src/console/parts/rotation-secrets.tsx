import { Fragment, type VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'

interface RotationSecretsProps {
  readonly realm: string
  readonly client: string
  readonly rotation: OperationOutput<'rotation.get'>
}

const words = { new: 'New', old: 'Old', current: 'Secret' } as const

/** What is known of the secrets of a client. */
export function RotationSecrets({ realm, client, rotation: { secrets, maxWindowEndsAt } }: RotationSecretsProps): VNode {
  return (
    <Card title="Secrets">
      <dl>
        {secrets.map(({ id, state, lastFour, createdAt, firstUsedAt, lastUsedAt, expiresAt }) => (
          <Fragment key={id}>
            <dt>{words[state]}</dt>
            <dd>
              <code>…{lastFour}</code>, made <Time at={createdAt} />
              {firstUsedAt !== null && (
                <>
                  , first used <Time at={firstUsedAt} />
                </>
              )}
              {lastUsedAt === null ? (
                ', never used'
              ) : (
                <>
                  , last <Time at={lastUsedAt} />
                </>
              )}
              {expiresAt !== null && (
                <>
                  , ends <Time at={expiresAt} />
                </>
              )}
            </dd>
          </Fragment>
        ))}
        {maxWindowEndsAt !== null && (
          <>
            <dt>Old, at most until</dt>
            <dd>
              <Time at={maxWindowEndsAt} />
            </dd>
          </>
        )}
      </dl>
      <p class="small">
        <Link to={`${pathTo(realm, 'clients', client)}?leaked=yes`}>A secret leaked?</Link>
      </p>
    </Card>
  )
}
