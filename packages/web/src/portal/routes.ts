// The pages of the portal. A path begins behind `/portal`.
import type { Route } from '../shared/page-code.ts'

export const routes: readonly Route[] = [
  { path: '/', load: () => import('./pages/home.tsx') },
  { path: '/activity', load: () => import('./pages/activity.tsx') },
  { path: '/agreement', load: () => import('./pages/agreement.tsx') },
  { path: '/capabilities', load: () => import('./pages/capabilities.tsx') },
  { path: '/clients', load: () => import('./pages/clients.tsx') },
  { path: '/clients/:client', load: () => import('./pages/client.tsx') },
  { path: '/clients/:client/rotate', load: () => import('./pages/rotate.tsx') },
  { path: '/partners', load: () => import('./pages/partners.tsx') },
  { path: '/people', load: () => import('./pages/people.tsx') },
  { path: '/refusals', load: () => import('./pages/refusals.tsx') },
  { path: '/refusals/:request', load: () => import('./pages/refusal.tsx') },
  { path: '/requests', load: () => import('./pages/requests.tsx') },
  { path: '/sessions', load: () => import('./pages/sessions.tsx') },
  { path: '/signed-in', load: () => import('../shared/signed-in.tsx') },
  { path: '/try', load: () => import('./pages/try.tsx') },
  { path: '/usage', load: () => import('./pages/usage.tsx') },
]

/** Shown without a session. */
export const openRoutes: readonly Route[] = [{ path: '/invitation', load: () => import('./pages/invitation.tsx') }]
