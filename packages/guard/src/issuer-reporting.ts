// Reports to one issuer, with tokens of their own: a client that may not report must not be kept from reading.
import { createTokenProvider, withBearer, type TokenProvider, type TokenProviderOptions } from '@countersign/client'
import { createDecisionReporter, type DecisionReporter, type DecisionReporterOptions } from './decision-reporter.ts'
import type { Fetch } from './fetch-json.ts'
import { createReportSender } from './send-report.ts'

export interface ReportSettings {
  /** The name of the process. */
  readonly guard: string
  readonly api: string | null
  /** Whether timers run while there is no request. */
  readonly hasTimers: boolean
}

interface IssuerReportingOptions extends Pick<
  DecisionReporterOptions,
  'health' | 'clock' | 'steadyClock' | 'startTimer' | 'random' | 'onError'
> {
  readonly issuer: string
  readonly realm: string
  readonly credentials: TokenProviderOptions
  readonly settings: ReportSettings
  readonly fetch: Fetch
}

export interface IssuerReporting {
  readonly reporter: DecisionReporter
  readonly tokens: TokenProvider
}

export function createIssuerReporting(options: IssuerReportingOptions): IssuerReporting {
  const { issuer, realm, credentials, settings, fetch, startTimer, ...common } = options
  const { guard, api, hasTimers } = settings
  const { onSecretProven: _, ...own } = credentials
  const tokens = createTokenProvider({ ...own, scope: 'decisions:write', fetch, random: common.random } as TokenProviderOptions)
  const send = createReportSender({
    issuer,
    realm,
    clientId: credentials.clientId,
    fetch: withBearer(fetch, tokens, { origins: [new URL(issuer).origin] }),
  })
  const reporter = createDecisionReporter({ ...common, guard, api, send, startTimer: hasTimers ? startTimer : undefined })
  return { reporter, tokens }
}
