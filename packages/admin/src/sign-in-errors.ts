/**
 * Why a sign-in at the identity provider of a company ended at the sign-in page again, as its parameter `error`.
 *
 * - `idp-away`: the identity provider did not answer, or not as it should.
 * - `idp-refused`: it refused the sign-in, or the person cancelled it there.
 * - `sign-in-ended`: it took more than ten minutes, was finished already, or was begun in another browser.
 * - `sign-in-invalid`: the answer of the identity provider failed a check.
 * - `no-role`: the person has signed in, and none of the groups has a role here.
 * - `no-idp`: at the portal, the organization has no identity provider, or there is no such organization.
 * - `other-person`: another person has signed in than the one whose session it is.
 * - `too-many-attempts`: from this address, or of this organization.
 * - `unavailable`: this server could not store the session.
 */
export type SignInErrorCode =
  | 'idp-away'
  | 'idp-refused'
  | 'sign-in-ended'
  | 'sign-in-invalid'
  | 'no-role'
  | 'no-idp'
  | 'other-person'
  | 'too-many-attempts'
  | 'unavailable'
