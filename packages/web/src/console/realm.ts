// Which realm the pages are about: that of the address, or the last one that was.
import { useLocation } from 'preact-iso'

const serverPages = new Set(['', 'audit', 'settings', 'sign-in', 'explain', 'keys', 'guards', 'operators', 'health', 'sessions'])
const key = 'countersign-realm'

export function useRealm(): string | undefined {
  const { path } = useLocation()
  const [, , first = ''] = path.split('/')
  if (!serverPages.has(first)) {
    const realm = decodeURIComponent(first)
    remember(realm)
    return realm
  }
  return first === '' ? undefined : lastRealm()
}

function remember(realm: string): void {
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
