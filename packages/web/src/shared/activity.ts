// Tells the server at most once a minute that a person uses the page: reading a page again by itself does not keep a session alive.
import { send } from './call.ts'
import { session, type Session } from './session.ts'

const intervalMs = 60_000

export function reportActivity(mount: string): void {
  let reportedAt = Date.now()
  const note = () => {
    if (!session.value || Date.now() - reportedAt < intervalMs) return
    reportedAt = Date.now()
    send(`${mount}/api/session/activity`, { method: 'POST', body: {} })
      .then(() => send(`${mount}/api/session`, { method: 'GET' }))
      .then((found) => (session.value = found as Session))
      .catch(() => {}) // The next call of a page says what is wrong.
  }
  for (const kind of ['pointerdown', 'keydown', 'scroll']) addEventListener(kind, note, { passive: true, capture: true })
}
