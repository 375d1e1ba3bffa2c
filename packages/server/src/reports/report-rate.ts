// How many reports a guard may send.
import { createClientRate, type ClientRate } from '../api/client-rate.ts'

export type ReportRate = ClientRate

export function createReportRate(): ReportRate {
  return createClientRate({
    perSecond: 20,
    burst: 60,
    what: 'reports',
    remedy: 'Wait for the seconds in "Retry-After", and put more into one report: a guard sends one a second, or 200 refusals.',
  })
}
