// The pages of the console. A path begins behind `/console`; the first that matches is shown, so fixed ones stand before `/:realm`.
import type { Route } from '../shared/page-code.ts'

export const routes: readonly Route[] = [
  { path: '/', load: () => import('./pages/realms.tsx') },
  { path: '/audit', load: () => import('./pages/audit.tsx') },
  { path: '/explain', load: () => import('./pages/explain.tsx') },
  { path: '/explain/:request', load: () => import('./pages/explained.tsx') },
  { path: '/health', load: () => import('./pages/health.tsx') },
  { path: '/operators', load: () => import('./pages/operators.tsx') },
  { path: '/sessions', load: () => import('./pages/sessions.tsx') },
  { path: '/settings', load: () => import('./pages/settings.tsx') },
  { path: '/signed-in', load: () => import('../shared/signed-in.tsx') },
  { path: '/:realm', load: () => import('./pages/overview.tsx') },
  { path: '/:realm/organizations', load: () => import('./pages/organizations.tsx') },
  { path: '/:realm/organizations/:organization', load: () => import('./pages/organization.tsx') },
  { path: '/:realm/clients', load: () => import('./pages/clients.tsx') },
  { path: '/:realm/clients/:client', load: () => import('./pages/client.tsx') },
  { path: '/:realm/guards', load: () => import('./pages/guards.tsx') },
  { path: '/:realm/keys', load: () => import('./pages/keys.tsx') },
  { path: '/:realm/rotation', load: () => import('./pages/rotation.tsx') },
  { path: '/:realm/rotation/:client', load: () => import('./pages/rotation-one.tsx') },
  { path: '/:realm/partners', load: () => import('./pages/partners.tsx') },
  { path: '/:realm/partners/:partner', load: () => import('./pages/partner.tsx') },
  { path: '/:realm/agreement', load: () => import('./pages/agreement.tsx') },
  { path: '/:realm/refusals', load: () => import('./pages/refusals.tsx') },
  { path: '/:realm/requests', load: () => import('./pages/requests.tsx') },
]
