import { pathOf } from './route-paths.ts'

/** The path of a target as routes are matched: without the query and what an absolute form has in front, percent-encoded letters decoded. */
export function decodedPath(target: string): string {
  const path = pathOf(target)
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path // Such a request was denied before it had a route.
  }
}
