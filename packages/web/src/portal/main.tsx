// The portal: for the companies that call the API. A session is of a person, who sees an organization and its clients, or of one client.
import { render } from 'preact'
import { LocationProvider } from 'preact-iso'
import { reportActivity } from '../shared/activity.ts'
import { configureCalls } from '../shared/call.ts'
import { configureLinks } from '../shared/links.tsx'
import { followChanges } from '../shared/live.ts'
import { takeOnceLink } from '../shared/once-link.ts'
import { interrupt, loadSession, session } from '../shared/session.ts'
import { applySettings } from '../shared/settings.ts'
import { takeInvitation } from './invitation-token.ts'
import { mount, Portal } from './portal.tsx'

takeInvitation(mount)
configureLinks(mount)
configureCalls({ mount, onSignedOut: interrupt })
applySettings()
await takeOnceLink(mount)
if (session.value === undefined) await loadSession(mount).catch(() => (session.value = null))
followChanges(mount)
reportActivity(mount)
render(
  <LocationProvider scope={mount}>
    <Portal />
  </LocationProvider>,
  document.getElementById('app')!,
)
