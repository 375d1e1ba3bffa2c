// Which realm the pages are about: that of the address, or the last one that was.
import { useLocation } from 'preact-iso'

const serverPages = new Set(['', 'audit', 'explain', 'health', 'sessions', 'settings', 'sign-in', 'signed-in'])
const key = 'countersign-realm'

export function useRealm(): string | undefined {
  const { path } = useLocation()
  const [, , first = '', second = ''] = path.split('/')
  // The first page of the realm "operators" is the list of operators, which is about the whole server.
  if (!serverPages.has(first) && (first !== 'operators' || second !== '')) {
    const realm = decodeURIComponent(first)
    remember(realm)
    return realm
  }
  return first === '' ? undefined : lastRealm()
}

/** For the pages that are not about a realm. */
export function remember(realm: string): void {
  try {
    sessionStorage.setItem(key, realm)
  } catch {
    // Without storage the pages of the server show no realm.
  }
}

function lastRealm(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}
