// The portal: for the companies that call the API. A session is of a person, who sees an organization and its clients, or of one client.
import { render } from 'preact'
import { LocationProvider } from 'preact-iso'
import { reportActivity } from '../shared/activity.ts'
import { configureCalls } from '../shared/call.ts'
import { configureLinks } from '../shared/links.tsx'
import { followChanges } from '../shared/live.ts'
import { takeOnceLink } from '../shared/once-link.ts'
import { loadAhead, loadPagesOfLinks } from '../shared/page-code.ts'
import { interrupt, loadSession, session } from '../shared/session.ts'
import { applySettings } from '../shared/settings.ts'
import { takeInvitation } from './invitation-token.ts'
import { mount, Portal } from './portal.tsx'
import { openRoutes, routes } from './routes.ts'

takeInvitation(mount)
const pages = [...openRoutes, ...routes]
configureLinks(mount)
configureCalls({ mount, onSignedOut: interrupt })
applySettings()
// While the session is asked for.
loadAhead(pages, mount, location.pathname)
await takeOnceLink(mount)
if (session.value === undefined) await loadSession(mount).catch(() => (session.value = null))
render(
  <LocationProvider scope={mount}>
    <Portal />
  </LocationProvider>,
  document.getElementById('app')!,
)
// What the page reads goes first.
followChanges(mount)
reportActivity(mount)
loadPagesOfLinks(pages, mount)
