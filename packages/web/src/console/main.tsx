// The console: who operates Countersign. One table of pages, each loaded when it is first opened.
import { render } from 'preact'
import { LocationProvider } from 'preact-iso'
import { configureCalls } from '../shared/call.ts'
import { configureLinks } from '../shared/links.tsx'
import { followChanges } from '../shared/live.ts'
import { interrupt, loadSession, session } from '../shared/session.ts'
import { applySettings } from '../shared/settings.ts'
import { reportActivity } from '../shared/activity.ts'
import { Console } from './console.tsx'
import { takeOnceLink } from '../shared/once-link.ts'

const mount = '/console'
configureLinks(mount)
configureCalls({ mount, onSignedOut: interrupt })
applySettings()
await takeOnceLink(mount)
if (session.value === undefined) await loadSession(mount).catch(() => (session.value = null))
followChanges(mount)
reportActivity(mount)
render(
  <LocationProvider scope={mount}>
    <Console />
  </LocationProvider>,
  document.getElementById('app')!,
)
