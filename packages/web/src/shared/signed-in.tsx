// Where a tab ends that was opened only to sign in: the one that opened it goes on.
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { tellSignedIn } from './elsewhere.ts'
import { Link } from './links.tsx'
import { definePage, Page } from './page.tsx'

export const page = definePage({
  path: '/signed-in',
  title: 'You are signed in',
  data: () => ({}),
  view: () => <SignedIn />,
})

function SignedIn(): VNode {
  useEffect(tellSignedIn, [])
  return (
    <Page title="You are signed in">
      <p>The tab where you were goes on by itself. This one can be closed.</p>
      <p>
        <Link to="/">Go on here</Link>
      </p>
    </Page>
  )
}
