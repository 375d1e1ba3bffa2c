// Requests that were refused alike are one row of the list, with the instants of all of them.
import type { OwnRefusal } from './refusals.ts'

/** The latest first. */
export type SameRefusals = readonly [last: OwnRefusal, ...before: OwnRefusal[]]

/** @param items the latest first, as the groups are */
export function groupSame(items: readonly OwnRefusal[]): SameRefusals[] {
  const groups = Map.groupBy(items, ({ code, partnerId, method, route, api, reportOnly }) =>
    JSON.stringify([code, partnerId, method, route, api, reportOnly]),
  )
  return [...groups.values()] as unknown as SameRefusals[]
}
