// Where the reader of a page of the log, oldest first, stands. Opaque to callers.
import { refusedCursor } from '../../api/page.ts'

export interface FollowCursor {
  /** Everything below was read: the beginning of an id, or an id with "!" after it. */
  readonly readTo: string
  /** The last arrival that was read as a whole. */
  readonly arrivals: number
  /** The next one was read up to here; undefined if it was not begun. */
  readonly arrivedTo: string | undefined
}

export function writeFollowCursor({ readTo, arrivals, arrivedTo = '' }: FollowCursor): string {
  return ['oldest', readTo, arrivals, arrivedTo].join('.').replaceAll('!', '_')
}

/** @throws ProblemError `invalid-request` */
export function readFollowCursor(text: string): FollowCursor {
  const id = '[0-9a-f]{12}(?:-[0-9a-f]{8}-[0-9a-f]{8}_)?'
  const [, readTo, arrivals, arrivedTo] = new RegExp(`^oldest\\.(${id})\\.(\\d{1,15})\\.(${id})?$`).exec(text) ?? []
  if (readTo === undefined) throw refusedCursor('expected the value of "next" from the previous page, with the same order')
  return { readTo: readTo.replace('_', '!'), arrivals: Number(arrivals), arrivedTo: arrivedTo?.replace('_', '!') }
}
