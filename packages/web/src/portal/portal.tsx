// The frame of the portal: a bar with the pages above the page, or the form to sign in.
import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { Announcer } from '../shared/components/announcer.tsx'
import { DialogHost } from '../shared/components/dialog.tsx'
import { Interrupted } from '../shared/interrupted.tsx'
import { session } from '../shared/session.ts'
import { ShowPage } from '../shared/show-page.tsx'
import { Bar } from './bar.tsx'
import { routes } from './routes.ts'
import { SignIn } from './sign-in.tsx'

export const mount = '/portal'

export function Portal(): VNode {
  const { path } = useLocation()
  if (!session.value || path === `${mount}/sign-in`) return <SignIn mount={mount} />
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Bar mount={mount} />
      <main id="content" class="portal">
        <ShowPage routes={routes} mount={mount} />
      </main>
      <DialogHost />
      <Announcer />
      <Interrupted>
        <SignIn mount={mount} isAgain />
      </Interrupted>
    </>
  )
}
