// The addresses of the sign-in of one organization. Each has a callback of its own, which its identity provider knows: with a common one, the
// identity provider of another organization could get a code of it (RFC 9700 §4.4).
export interface IdpUrls {
  /** What the people of the organization open. */
  readonly signInUrl: string
  readonly callbackUrl: string
  /** Back-channel logout. */
  readonly logoutUrl: string
}

/** @param portalUrl without a path */
export function idpUrlsOf(portalUrl: string, realm: string, slug: string): IdpUrls {
  const place = `${realm}/${slug}`
  return {
    signInUrl: `${portalUrl}/portal/sign-in/${place}`,
    callbackUrl: `${portalUrl}/portal/api/oidc/callback/${place}`,
    logoutUrl: `${portalUrl}/portal/api/oidc/logout/${place}`,
  }
}
