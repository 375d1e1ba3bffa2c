// The pages of the portal. A path begins behind `/portal`.
import type { AnyPage } from '../shared/page.tsx'

export interface Route {
  readonly path: string
  readonly load: () => Promise<{ readonly page: AnyPage }>
}

export const routes: readonly Route[] = [
  { path: '/', load: () => import('./pages/home.tsx') },
  { path: '/agreement', load: () => import('./pages/agreement.tsx') },
  { path: '/capabilities', load: () => import('./pages/capabilities.tsx') },
  { path: '/clients', load: () => import('./pages/clients.tsx') },
  { path: '/clients/:client', load: () => import('./pages/client.tsx') },
  { path: '/clients/:client/rotate', load: () => import('./pages/rotate.tsx') },
  { path: '/partners', load: () => import('./pages/partners.tsx') },
  { path: '/refusals', load: () => import('./pages/refusals.tsx') },
  { path: '/refusals/:request', load: () => import('./pages/refusal.tsx') },
  { path: '/try', load: () => import('./pages/try.tsx') },
  { path: '/usage', load: () => import('./pages/usage.tsx') },
]
