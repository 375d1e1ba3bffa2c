// The page to go to after a sign-in: always one of this mount. Anything else would let a link to the sign-in lead to a page of an attacker.
const maxLength = 1024

/** @param mount its path @returns its first page for anything that is not a page of it */
export function readReturnPath(wanted: unknown, mount: string): string {
  if (typeof wanted !== 'string' || wanted.length > maxLength || !wanted.startsWith('/')) return mount
  // No browser reads these as anything else than a path of the same host.
  if (!/^\/[A-Za-z0-9._~%!$&'()*+,;=:@/?#-]*$/.test(wanted)) return mount
  const url = URL.parse(wanted, 'https://own.invalid')
  if (!url || url.origin !== 'https://own.invalid') return mount
  const path = url.pathname
  const isPage = path === mount || (path.startsWith(`${mount}/`) && !path.startsWith(`${mount}/api`) && !path.includes('//'))
  return isPage ? `${path}${url.search}${url.hash}` : mount
}
