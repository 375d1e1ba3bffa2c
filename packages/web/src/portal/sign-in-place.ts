// The address that a company gets whose people sign in at its own identity provider: `/portal/sign-in/nt24-idp/acme`.
export type Place = readonly [realm: string, organization: string]

const name = '[a-z0-9][a-z0-9-]{0,62}'
const form = new RegExp(`/sign-in/(${name})/(${name})/?$`)

/** Undefined if the address names no organization. */
export function placeOf(path: string): Place | undefined {
  const [, realm, organization] = form.exec(path) ?? []
  return realm !== undefined && organization !== undefined ? [realm, organization] : undefined
}
