// The people of an organization who sign in to the portal, and invitations. Operators who signed in at their company are people of the
// organization of the operators.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { InvitationList } from './invitation-list.tsx'
import { InviteToPortal, isPortalOff, portalOff } from './invite-to-portal.tsx'
import { PeopleTable } from './people-table.tsx'

const maxPerPage = 50

export function OrganizationPeople({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug, name } = organization
  const [after, setAfter] = useState<string>()
  const ofOperators = realm === 'operators'
  const params = { realm, organization: slug }
  const { answers, error, refresh } = useReads({
    people: read('people.list', { params, query: { limit: maxPerPage, ...(after !== undefined && { after }) } }),
    invitations: read('invitations.list', { params, query: { limit: 100 } }, { when: !ofOperators }),
  })
  return (
    <Card id="people" title="People" beside={!ofOperators && <InviteToPortal realm={realm} organization={organization} />}>
      {answers ? (
        <div class="grid">
          <PeopleTable
            realm={realm}
            organization={slug}
            people={answers.people.items}
            empty={
              ofOperators ? (
                <Empty title="No operator has signed in at the company yet">
                  With console.signIn.oidc in the configuration file, operators sign in at your identity provider and appear here.
                </Empty>
              ) : (
                <Empty title="No person of this organization uses the portal">
                  {isPortalOff() ? (
                    portalOff
                  ) : (
                    <>
                      People of <Name>{name}</Name> see their clients, refusals and agreement at the portal. A link invites one of them.
                    </>
                  )}
                </Empty>
              )
            }
          />
          {(after !== undefined || answers.people.next) && (
            <nav class="row pager" aria-label="Pages of people">
              {after !== undefined && (
                <button type="button" onClick={() => setAfter(undefined)}>
                  First page
                </button>
              )}
              {answers.people.next && (
                <button type="button" onClick={() => setAfter(answers.people.next ?? undefined)}>
                  Next page
                </button>
              )}
            </nav>
          )}
          {answers.invitations && <InvitationList realm={realm} organization={slug} invitations={answers.invitations.items} />}
        </div>
      ) : error ? (
        <Failure error={error} retry={refresh} />
      ) : (
        <Skeleton lines={3} />
      )}
    </Card>
  )
}
