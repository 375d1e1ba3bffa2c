// How the organization stands to the agreement, and the button that accepts the next version.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { mayAs, session } from '../../shared/session.ts'
import type { NextAgreement } from '../next-agreement.ts'
import { own } from '../own.ts'

export interface AgreementStandingProps {
  readonly dpa: OperationOutput<'organizations.get'>['dpa']
  readonly next: NextAgreement | undefined
  /** The next one, as it is published. */
  readonly version: OperationOutput<'dpa.versions'>['items'][number] | undefined
}

export function AgreementStanding({ dpa, next, version }: AgreementStandingProps): VNode {
  const { status, requiredVersion, acceptedVersion, acceptedAt } = dpa
  if (next)
    return (
      <Callout tone={next.requiredFrom === null ? 'bad' : 'warn'}>
        <p>
          <b>
            Version <Name>{next.version}</Name>{' '}
            {next.requiredFrom === null ? (
              'is required.'
            ) : (
              <>
                becomes required <Time at={next.requiredFrom} />.
              </>
            )}
          </b>{' '}
          {acceptedVersion === null ? (
            'You have accepted none.'
          ) : (
            <>
              You accepted <Name>{acceptedVersion}</Name>.
            </>
          )}{' '}
          {next.requiredFrom === null
            ? 'Until you accept it, every call is refused. Tokens are issued all the same.'
            : 'Without the new one, every call is refused from then on.'}
        </p>
        <Accept next={next} digest={version?.textDigest ?? null} />
      </Callout>
    )
  if (status === 'not-required') return <Callout>No agreement is required: no call is refused because of one.</Callout>
  return (
    <Callout tone="ok">
      <p>
        <b>You have accepted what is required{requiredVersion === acceptedVersion ? '' : ', and more'}.</b>{' '}
        <Name>{acceptedVersion ?? ''}</Name>, <Time at={acceptedAt} />.
      </p>
    </Callout>
  )
}

function Accept({ next: { version }, digest }: { readonly next: NextAgreement; readonly digest: string | null }): VNode {
  const { organization, person } = session.value!
  return (
    <>
      {digest === null && <p>Its text is not here: the provider has sent it to you.</p>}
      <div class="row">
        <Act
          operation="dpa.accept"
          params={own()}
          label={`Accept ${version}`}
          title={`Accept ${version} for ${organization.name}?`}
          tone="primary"
          fields={['acceptedBy']}
          names={{ acceptedBy: 'Your name, as it is recorded' }}
          initial={{ acceptedBy: person?.name ?? '' }}
          fixed={{ version, ...(digest !== null && { digest }) }}
          consequence={
            <>
              <p>
                You accept it for <Name>{organization.name}</Name>. Your name, the time
                {digest === null ? '' : ' and the digest of the text'} are recorded. This cannot be taken back.
              </p>
              {digest !== null && (
                <p class="small">
                  SHA-256 <code>{digest}</code>
                </p>
              )}
            </>
          }
          done={`${organization.name} has accepted ${version}.`}
        />
      </div>
      {!mayAs('admin') && (
        <p>
          A person of your company with the role “admin” accepts it here, after signing in with a passkey. If you have none, ask the
          provider for an invitation.
        </p>
      )}
    </>
  )
}
