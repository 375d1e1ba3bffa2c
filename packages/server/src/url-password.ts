// The password in the URL of a store.

/** Whether a URL contains a password, so that its file must be private. */
export function hasPassword(url: string): boolean {
  const { password = '', searchParams } = URL.parse(url) ?? {}
  return password !== '' || searchParams?.has('password') === true
}
