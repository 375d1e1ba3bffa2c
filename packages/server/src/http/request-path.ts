// The path in the target of a request.

/** As it was sent: without the query and what an absolute form has in front (RFC 9112 §3.2.2). */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
}

/** As routes are matched: percent-encoded letters decoded. */
export function decodedPath(target: string): string {
  const path = pathOf(target)
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path // Such a request was denied before it had a route.
  }
}
