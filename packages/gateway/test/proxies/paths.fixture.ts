// Paths that programs read differently, and some that they do not.
import { partnerId } from '@countersign/guard/guard.fixture'

const files = `/v1/partners/${partnerId}/files`

/** Reach the API as they are, or with needless encoding removed. */
export const sameForBoth: readonly string[] = [
  `${files}/plain-1.0~b_c`,
  `${files}/a%20b`,
  `${files}/caf%C3%A9`,
  `${files}/a?x=%2F..%2F&y=//`,
]

export const ambiguousPaths: readonly string[] = [
  `/v1/partners/${partnerId}/x/../orders`,
  `/health/../v1/partners/${partnerId}/orders`,
  `/v1/partners/${partnerId}/%2e%2e/${partnerId}/orders`,
  `/v1/partners/${partnerId}/.%2E/orders`,
  `//v1/partners/${partnerId}/orders`,
  `/v1//partners/${partnerId}/orders`,
  `/v1/partners/${partnerId}/./orders`,
  `/health/..;/v1/partners/${partnerId}/orders`,
  `/health;/../v1/payouts`,
  `/health%2f..%2fv1/payouts`,
  `/health%5c..%5cv1/payouts`,
  `/health\\..\\v1\\payouts`,
  `/health%23/../v1/payouts`,
  `/health%3f/../v1/payouts`,
  `/health%00`,
  `/health%0a`,
  `/health%252e%252e/v1/payouts`,
  `/health%c0%ae`,
  `/health#/v1/payouts`,
  `/HEALTH`,
  `/health/`,
  `http://api.example.com/v1/other`,
  `http://api.example.com/v1/partners/${partnerId}/orders`,
  `http://api.example.com/health`,
  `/v1/payouts,/health`,
  '*',
]
