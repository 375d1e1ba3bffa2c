// The frame of the portal: a bar with the pages above the page, or the form to sign in.
import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { Announcer } from '../shared/components/announcer.tsx'
import { DialogHost } from '../shared/components/open-dialog.tsx'
import { Interrupted } from '../shared/interrupted.tsx'
import { session } from '../shared/session.ts'
import { ShowPage } from '../shared/show-page.tsx'
import { Bar } from './bar.tsx'
import { LoadedSignIn } from './loaded-sign-in.tsx'
import { Outside } from './outside.tsx'
import { openRoutes, routes } from './routes.ts'

export const mount = '/portal'

export function Portal(): VNode {
  const { path } = useLocation()
  if (openRoutes.some((route) => path === mount + route.path))
    return (
      <Outside>
        <ShowPage routes={openRoutes} mount={mount} />
      </Outside>
    )
  if (!session.value || path.startsWith(`${mount}/sign-in`))
    return (
      <Outside>
        <LoadedSignIn mount={mount} />
      </Outside>
    )
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
        <LoadedSignIn mount={mount} isAgain />
      </Interrupted>
    </>
  )
}
