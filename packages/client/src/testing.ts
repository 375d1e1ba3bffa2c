// A fake issuer for the tests of a program that calls an API: tokens with numbers, faults by command, no network unless a test wants one.
// It checks no signature and keeps nothing secret; never use it outside of tests.
export { createFakeIssuer, type FakeIssuer, type FakeIssuerOptions } from './testing/fake-issuer.ts'
export type { FailureOptions } from './testing/faults.ts'
export type { LoopbackIssuer } from './testing/loopback.ts'
export type { RecordedRequest } from './testing/token-requests.ts'
