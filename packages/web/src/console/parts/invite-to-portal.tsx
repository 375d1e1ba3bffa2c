// Makes a link with which one person joins the portal of an organization. It is shown once.
import type { VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { session } from '../../shared/session.ts'

export interface InviteToPortalProps {
  readonly realm: string
  readonly organization: { readonly slug: string; readonly name: string }
  /** Why they should come. */
  readonly toAccept?: boolean
}

export function InviteToPortal({ realm, organization: { slug, name }, toAccept = false }: InviteToPortalProps): VNode {
  return (
    <Act
      operation="invitations.create"
      params={{ realm, organization: slug }}
      label="Invite to portal"
      title={`Invite a person to the portal of ${name}?`}
      fields={['role']}
      initial={{ role: 'admin' }}
      consequence={
        <p>
          A link is made for one person of <Name>{name}</Name>, who sees what the portal shows of that organization, and nothing else.
          {toAccept && ' An admin can read the agreement there, and accept it.'} The link is shown only once, and is valid for 7 days.
        </p>
      }
      done="The invitation was made."
      unavailable={isPortalOff() ? portalOff : undefined}
    />
  )
}

export const portalOff = 'The portal is off: “portal.enabled” in the configuration file turns it on.'

export function isPortalOff(): boolean {
  return session.value?.portal === false
}
