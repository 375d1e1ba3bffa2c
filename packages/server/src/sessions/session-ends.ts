// What operations on sessions need of the mounts: how long a session lasts there, and that the streams of one that was ended end. Those on other
// nodes end with their next comment.
import type { Schema } from '../store/schema.ts'

type Mount = Schema['sessions']['mount']

export interface SessionEnds {
  /** Milliseconds; of the mounts that there are. */
  readonly idleMs: { readonly [Name in Mount]?: number }
  /** @param listen gets the id of every session that is ended at this node from another place */
  onEnd(listen: (session: string) => void): void
  tellEnd(session: string): void
}

export function createSessionEnds(idleMs: SessionEnds['idleMs']): SessionEnds {
  const listeners: ((session: string) => void)[] = []
  return {
    idleMs,
    onEnd: (listen) => void listeners.push(listen),
    tellEnd(session) {
      for (const listen of listeners) listen(session)
    },
  }
}
