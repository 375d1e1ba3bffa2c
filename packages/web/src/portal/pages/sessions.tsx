// Where the person is signed in, or who else is with a secret of the client.
import type { VNode } from 'preact'
import { browserOf } from '../../shared/browser-of.ts'
import { apiPath, send } from '../../shared/call.ts'
import { Card } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { openDialog } from '../../shared/components/open-dialog.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { later } from '../../shared/later.tsx'
import { Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { signOut } from '../../shared/session.ts'
import { useListed } from '../listed.tsx'
import { isPerson } from '../own.ts'

const PlainStep = later(() => import('../parts/plain-step.tsx').then((module) => module.PlainStep))

interface OwnSession {
  readonly id: string
  readonly signedInAt: string
  readonly seenAt: string
  readonly endsAt: string
  /** Of a client, the network. */
  readonly address: string
  readonly userAgent: string
  readonly current: boolean
  /** False for one of another secret of the client. */
  readonly mayEnd: boolean
}

export const page = definePage({
  path: '/sessions',
  title: 'Sessions',
  data: () => ({}),
  view: () => <Sessions />,
})

function Sessions(): VNode {
  const { items, instead, load } = useListed<OwnSession>('/sessions')
  const hasOthers = items.some(({ current, mayEnd }) => !current && mayEnd)
  return (
    <Page
      title="Sessions"
      actions={
        hasOthers && (
          <button type="button" onClick={({ currentTarget }) => openDialog(() => <EndOthers onDone={load} />, currentTarget)}>
            End all others
          </button>
        )
      }
    >
      <p class="soft text">
        {isPerson() ? (
          <>
            Where you are signed in. End what you did not begin, and remove the passkey of a device that you lost on the page{' '}
            <Link to="/people">People</Link>.
          </>
        ) : (
          'All who have the secret of this client can sign in with it. A session that none of you began means that the secret leaked: replace it, and tell the provider.'
        )}
      </p>
      <Card>
        {instead ?? (
          <Table of={{ items }} keyOf={({ id }: OwnSession) => id} label="Sessions, the latest first">
            <Column
              title="Program"
              main
              cell={({ userAgent, current }: OwnSession) => (
                <span title={userAgent}>
                  <Name>{browserOf(userAgent) || 'not told'}</Name> {current && <Chip tone="go">this one</Chip>}
                </span>
              )}
            />
            <Column title={isPerson() ? 'Address' : 'Network'} cell={({ address }: OwnSession) => <code>{address}</code>} />
            <Column title="Signed in" cell={({ signedInAt }: OwnSession) => <Time at={signedInAt} />} />
            <Column title="Last seen" cell={({ seenAt }: OwnSession) => <Time at={seenAt} />} />
            <Column title="Ends" cell={({ endsAt }: OwnSession) => <Time at={endsAt} />} />
            <Column title="Change" number cell={(one: OwnSession) => <Change session={one} onDone={load} />} />
          </Table>
        )}
      </Card>
    </Page>
  )
}

interface ChangeProps {
  readonly session: OwnSession
  readonly onDone: () => void
}

function Change({ session, onDone }: ChangeProps): VNode {
  if (session.current)
    return (
      <button type="button" onClick={() => void signOut('/portal')}>
        Sign out
      </button>
    )
  if (!session.mayEnd) return <span class="soft small">It began with the other secret, and ends with it.</span>
  return (
    <button type="button" onClick={({ currentTarget }) => openDialog(() => <EndOne session={session} onDone={onDone} />, currentTarget)}>
      End
    </button>
  )
}

function EndOne({ session: { id, userAgent, address }, onDone }: ChangeProps): VNode {
  const end = () => send(apiPath(`/sessions/${encodeURIComponent(id)}`), { method: 'DELETE', body: {} })
  return (
    <PlainStep title="End this session?" label="End" done="The session has ended." act={end} onDone={onDone}>
      <p>
        <Name>{browserOf(userAgent) || 'The program'}</Name> at <code>{address}</code> is signed out with its next click.
      </p>
    </PlainStep>
  )
}

function EndOthers({ onDone }: Pick<ChangeProps, 'onDone'>): VNode {
  const end = () => send(apiPath('/sessions'), { method: 'DELETE', body: {} })
  return (
    <PlainStep title="End all other sessions?" label="End all others" done="All other sessions have ended." act={end} onDone={onDone}>
      <p>
        {isPerson()
          ? 'You stay signed in here, and are signed out everywhere else.'
          : 'All who signed in with the same secret are signed out, except you here. They can sign in again as long as they have the secret.'}
      </p>
    </PlainStep>
  )
}
