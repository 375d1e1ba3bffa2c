// The console: who operates Countersign. One table of pages, each loaded when it is first opened.
import { render } from 'preact'
import { LocationProvider } from 'preact-iso'
import { configureCalls } from '../shared/call.ts'
import { configureLinks } from '../shared/links.tsx'
import { followChanges } from '../shared/live.ts'
import { interrupt, loadSession, session } from '../shared/session.ts'
import { applySettings } from '../shared/settings.ts'
import { reportActivity } from '../shared/activity.ts'
import { takeOnceLink } from '../shared/once-link.ts'
import { loadAhead, loadPagesOfLinks } from '../shared/page-code.ts'
import { Console } from './console.tsx'
import { routes } from './routes.ts'

const mount = '/console'
configureLinks(mount)
configureCalls({ mount, onSignedOut: interrupt })
applySettings()
// While the session is asked for.
loadAhead(routes, mount, location.pathname)
await takeOnceLink(mount)
if (session.value === undefined) await loadSession(mount).catch(() => (session.value = null))
render(
  <LocationProvider scope={mount}>
    <Console />
  </LocationProvider>,
  document.getElementById('app')!,
)
// What the page reads goes first.
followChanges(mount)
reportActivity(mount)
loadPagesOfLinks(routes, mount)
