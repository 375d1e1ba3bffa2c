// The frame of the console: navigation beside the page, or the form to sign in.
import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { Announcer } from '../shared/components/announcer.tsx'
import { DialogHost } from '../shared/components/open-dialog.tsx'
import { Interrupted } from '../shared/interrupted.tsx'
import { later } from '../shared/later.tsx'
import { session } from '../shared/session.ts'
import { ShowPage } from '../shared/show-page.tsx'
import { Navigation } from './navigation.tsx'
import { routes } from './routes.ts'
import { Shortcuts } from './shortcuts.tsx'

const SignIn = later(() => import('./sign-in.tsx').then((module) => module.SignIn))

export const mount = '/console'

export function Console(): VNode {
  const { path } = useLocation()
  if (!session.value || path === `${mount}/sign-in`) return <SignIn mount={mount} />
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <div class="shell">
        <Navigation />
        <main id="content">
          <ShowPage routes={routes} mount={mount} />
        </main>
      </div>
      <Shortcuts />
      <DialogHost />
      <Announcer />
      <Interrupted>
        <SignIn mount={mount} isAgain />
      </Interrupted>
    </>
  )
}
